package dev.wayferry.examples.bench.workload;

import dev.wayferry.examples.bench.guest.Guest;
import java.util.List;

/** All workloads, in the order in which they are done. */
public final class Workloads {
    /** The workload that the compositor has no part in. */
    public static final String QUEUE = "queue";

    private static final int AS_FAST_AS_IT_GOES = 0;

    private Workloads() {}

    public static List<Workload> all() {
        return List.of(
                new QueueWorkload(),
                new SyncWorkload(),
                new EchoWorkload(64),
                new EchoWorkload(Guest.MAX_PAYLOAD),
                new SyncProxyWorkload(),
                new StreamToHostWorkload("stream-to-host-1k", 1_000),
                new StreamToHostWorkload("stream-to-host-10k", 10_000),
                new StreamToHostWorkload("stream-to-host-50k", 50_000),
                new StreamToHostWorkload("stream-to-host-max", AS_FAST_AS_IT_GOES),
                new StreamToGuestWorkload("stream-to-guest-1k", 1_000, 1),
                new StreamToGuestWorkload("stream-to-guest-10k", 10_000, 1),
                new StreamToGuestWorkload("stream-to-guest-50k", 50_000, 1),
                new StreamToGuestWorkload("stream-to-guest-max", AS_FAST_AS_IT_GOES, 1),
                new StreamToGuestWorkload("burst-to-guest", 50_000, 200),
                new ContextsWorkload(0, 60),
                new ContextsWorkload(9, 60),
                new ContextsWorkload(99, 60),
                new ContextsWorkload(999, 1),
                new ContextOpenWorkload());
    }
}
