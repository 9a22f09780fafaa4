package dev.wayferry.examples.bench;

import dev.wayferry.examples.bench.backend.BackEnd;
import dev.wayferry.examples.bench.backend.Running;
import dev.wayferry.examples.bench.compositor.Arrivals;
import dev.wayferry.examples.bench.guest.Guest;
import dev.wayferry.examples.bench.guest.UnsuitableException;
import dev.wayferry.examples.bench.workload.Subject;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A back-end for the whole time: its process and guest, and others in their place when these fail. */
final class Lane implements AutoCloseable {
    private final BackEnd backEnd;
    private final Path folder;
    private final Path wayland;
    private final Arrivals arrivals;
    private final Set<String> workloads;
    private @Nullable Subject subject;
    private @Nullable UnsuitableException refusal;
    private int starts;

    /** @param workloads in which it takes part; empty for all */
    Lane(BackEnd backEnd, Set<String> workloads, Path folder, Path wayland, Arrivals arrivals) {
        this.backEnd = backEnd;
        this.workloads = workloads;
        this.folder = folder;
        this.wayland = wayland;
        this.arrivals = arrivals;
    }

    String name() {
        return backEnd.name();
    }

    BackEnd backEnd() {
        return backEnd;
    }

    boolean takesPartIn(String workload) {
        return workloads.isEmpty() || workloads.contains(workload);
    }

    /** Whether it can't run on this machine. */
    boolean isRefused() {
        return refusal != null;
    }

    /**
     * The running back-end, which is started if it does not run.
     *
     * @throws UnsuitableException where this machine is not for it
     */
    Subject subject() throws IOException {
        UnsuitableException refused = refusal;
        if (refused != null) {
            throw refused;
        }
        try {
            return running();
        } catch (UnsuitableException e) {
            System.err.println("bench: " + name() + ": " + e.getMessage());
            refusal = e;
            throw e;
        }
    }

    private Subject running() throws IOException {
        Subject running = subject;
        if (running == null) {
            String name = ++starts == 1 ? name() : name() + "-" + starts;
            Running process = backEnd.start(folder, name, wayland);
            try {
                Guest guest = backEnd.connect(process.socket());
                running = new Subject(backEnd, process, guest, folder, wayland, arrivals);
            } catch (IOException | RuntimeException e) {
                process.close();
                throw e;
            }
            subject = running;
        }
        return running;
    }

    /** Ends it, however it does. It is started again when it is needed. */
    void drop() {
        try {
            close();
        } catch (IOException | RuntimeException e) {
            System.err.println("bench: the end of " + name() + ": " + e.getMessage());
        }
    }

    @Override
    public void close() throws IOException {
        Subject running = subject;
        subject = null;
        if (running != null) {
            try {
                running.guest().close();
            } finally {
                running.process().close();
            }
        }
    }
}
