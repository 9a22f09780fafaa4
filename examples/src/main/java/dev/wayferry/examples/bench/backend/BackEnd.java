package dev.wayferry.examples.bench.backend;

import dev.wayferry.examples.bench.guest.Guest;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** What is measured: how to start it, and how to be its guest. */
public interface BackEnd {
    /** As it is called in the results. */
    String name();

    /** Whether it is a vhost-user GPU, so that any guest can use it. */
    boolean isGpu();

    /**
     * Starts a process of it and waits until it listens.
     *
     * @param name of its files in {@code folder}
     * @param wayland the compositor's socket
     */
    Running start(Path folder, String name, Path wayland) throws IOException;

    /** The same with further options of {@code wayferry serve}; other back-ends know none of them. */
    default Running start(Path folder, String name, Path wayland, List<String> options) throws IOException {
        return start(folder, name, wayland);
    }

    /** A guest of the process that listens at {@code socket}. */
    Guest connect(Path socket) throws IOException;
}
