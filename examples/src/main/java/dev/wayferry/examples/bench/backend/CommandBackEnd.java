package dev.wayferry.examples.bench.backend;

import dev.wayferry.examples.bench.guest.GpuGuest;
import dev.wayferry.examples.bench.guest.Guest;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * Any vhost-user GPU back-end, by a command of the shell in which {@code {socket}} stands for where it is to listen and
 * {@code {wayland}} for the compositor's socket.
 */
public final class CommandBackEnd implements BackEnd {
    private final String name;
    private final String command;

    public CommandBackEnd(String name, String command) {
        this.name = name;
        this.command = command;
    }

    /** By {@code NAME=COMMAND}. */
    public static CommandBackEnd parse(String option) {
        int equals = option.indexOf('=');
        if (equals <= 0 || !option.contains("{socket}")) {
            throw new IllegalArgumentException("'" + option + "' is not NAME=COMMAND with {socket} in the command");
        }
        return new CommandBackEnd(option.substring(0, equals), option.substring(equals + 1));
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public boolean isGpu() {
        return true;
    }

    @Override
    public Running start(Path folder, String name, Path wayland) throws IOException {
        Path socket = folder.resolve(name + ".sock");
        // So that the process is the back-end and not a shell.
        String shell = "exec " + command.replace("{socket}", socket.toString()).replace("{wayland}", wayland.toString());
        return ServerProcess.start(socket, List.of("/bin/sh", "-c", shell));
    }

    @Override
    public Guest connect(Path socket) throws IOException {
        return GpuGuest.connect(socket);
    }
}
