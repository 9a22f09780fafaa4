package dev.wayferry.examples.bench.workload;

import java.util.List;

/** All workloads, in the order in which they are done. */
public final class Workloads {
    private Workloads() {}

    public static List<Workload> all() {
        return List.of(new QueueWorkload(), new SyncWorkload());
    }
}
