package dev.wayferry.examples.bench.workload;

import dev.wayferry.examples.bench.backend.CommandBackEnd;
import dev.wayferry.examples.bench.guest.RefusedException;
import dev.wayferry.examples.bench.guest.UnsuitableException;
import java.io.IOException;

/** For workloads that not every back-end can do: one of another project may refuse them, ours may not. */
final class Capability {
    private Capability() {}

    /** Makes a session for a subject. */
    @FunctionalInterface
    interface Opening {
        Workload.Session open(Subject subject) throws IOException;
    }

    static Workload.Session open(Subject subject, Opening opening) throws IOException {
        try {
            return opening.open(subject);
        } catch (RefusedException e) {
            if (subject.backEnd() instanceof CommandBackEnd) {
                throw new UnsuitableException(String.valueOf(e.getMessage()));
            }
            throw e;
        }
    }
}
