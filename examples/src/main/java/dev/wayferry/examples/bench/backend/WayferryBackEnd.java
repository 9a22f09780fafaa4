package dev.wayferry.examples.bench.backend;

import dev.wayferry.examples.bench.guest.GpuGuest;
import dev.wayferry.examples.bench.guest.Guest;
import dev.wayferry.examples.host.WayferryProcess;
import java.io.IOException;
import java.nio.file.Path;

/** {@code wayferry serve}. */
public final class WayferryBackEnd implements BackEnd {
    public static final String NAME = "wayferry";

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public boolean isGpu() {
        return true;
    }

    @Override
    public Running start(Path folder, String name, Path wayland) throws IOException {
        WayferryProcess process = WayferryProcess.in(folder)
                .vmName(name)
                .waylandDisplay(wayland.toString())
                .start();
        return new Running() {
            @Override
            public long pid() {
                return process.pid();
            }

            @Override
            public Path socket() {
                return process.socket();
            }

            @Override
            public String log() throws IOException {
                return process.log();
            }

            @Override
            public void close() throws IOException {
                process.close();
            }
        };
    }

    @Override
    public Guest connect(Path socket) throws IOException {
        return GpuGuest.connect(socket);
    }
}
