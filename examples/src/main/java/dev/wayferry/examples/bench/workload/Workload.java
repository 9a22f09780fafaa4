package dev.wayferry.examples.bench.workload;

import dev.wayferry.examples.bench.backend.BackEnd;
import dev.wayferry.examples.bench.backend.Running;
import dev.wayferry.examples.bench.guest.UnsuitableException;
import java.io.IOException;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/** Something that is done with every back-end in the same way. */
public interface Workload {
    /** As it is called in the results. */
    String name();

    /** Whether it can be done with this back-end. */
    default boolean suits(BackEnd backEnd) {
        return true;
    }

    /** How many operations the reference machine does in a millisecond, of which the work of a round follows. */
    double operationsPerMilli();

    /** Shorter rounds than of so many milliseconds would be more beginning and end than round. */
    default int shortestRoundMillis() {
        return 100;
    }

    /** How long after it was due an operation is late, in nanoseconds; 0 where that is no question. */
    default long lateAfterNanos() {
        return 0;
    }

    /** Whether figures are of all rounds together, as where the largest of a long time is looked for, rather than medians. */
    default boolean isOneMeasurement() {
        return false;
    }

    /**
     * Connects what is needed; closed before the next workload begins.
     *
     * @throws UnsuitableException when it turns out that it can't be done with this back-end
     */
    Session open(Subject subject) throws IOException;

    /** One back-end's share of a workload, open over all rounds. */
    interface Session extends AutoCloseable {
        /**
         * Does {@code operations}.
         *
         * @param latencies where their nanoseconds go
         * @return how long all of it took, in nanoseconds
         */
        long run(int operations, Histogram latencies) throws IOException;

        /** How many other operations the last run did beside those that it was asked for. */
        default long operationsBeside() {
            return 0;
        }

        /** The process whose processor time, calls and memory count. */
        Running process();

        /** What has to be known about how it was measured, or null. */
        default @Nullable String note() {
            return null;
        }

        /** Ends a run that takes too long by an error; from any thread. */
        void fail(IOException why);

        @Override
        void close() throws IOException;
    }
}
