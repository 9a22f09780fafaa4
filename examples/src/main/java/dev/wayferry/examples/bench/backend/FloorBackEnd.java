package dev.wayferry.examples.bench.backend;

import dev.wayferry.examples.bench.floor.Floor;
import dev.wayferry.examples.bench.guest.FloorGuest;
import dev.wayferry.examples.bench.guest.Guest;
import java.io.IOException;
import java.nio.file.Path;

/** The {@link Floor}. */
public final class FloorBackEnd implements BackEnd {
    public static final String NAME = "floor";

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public boolean isGpu() {
        return false;
    }

    @Override
    public Running start(Path folder, String name, Path wayland) throws IOException {
        Path socket = folder.resolve(name + ".sock");
        return ServerProcess.start(socket, Floor.class, wayland.toString());
    }

    @Override
    public Guest connect(Path socket) throws IOException {
        return FloorGuest.connect(socket);
    }
}
