package dev.wayferry.examples.bench.workload;

import dev.wayferry.examples.bench.guest.Guest;
import java.util.ArrayList;
import java.util.List;

/** All workloads, in the order in which they are done. */
public final class Workloads {
    /** The workload that the compositor has no part in. */
    public static final String QUEUE = "queue";

    /** What is not done by a guest. */
    public static final String IDLE = "idle";

    public static final String START = "start";

    // What tells the cost of a message's bytes.
    public static final String SMALL_SYNC = "sync-64";
    public static final String LARGE_SYNC = "sync-3744";

    /** What is not done unless it is asked for, as it takes long. */
    public static final String SOAK = "soak";

    /** How the names begin of what is measured beside a context that misbehaves. */
    public static final String BESIDE = "beside-";

    /** The same with nobody misbehaving, which the others are compared with. */
    public static final String BESIDE_NOBODY = BESIDE + "nobody";

    private static final int AS_FAST_AS_IT_GOES = 0;

    private Workloads() {}

    /** Those that are the first to be measured, and would be with a process that is cold. */
    public static List<Workload> coldest() {
        return List.of(new QueueWorkload(), new SyncWorkload());
    }

    /** In groups, whose workloads are done together. */
    public static List<List<Workload>> groups() {
        List<List<Workload>> groups = new ArrayList<>(List.of(
                List.of(new QueueWorkload()),
                List.of(new SyncWorkload()),
                List.of(new EchoWorkload(SMALL_SYNC, 64), new EchoWorkload(LARGE_SYNC, Guest.MAX_PAYLOAD)),
                List.of(new SyncProxyWorkload()),
                List.of(new StreamToHostWorkload("stream-to-host-1k", 1_000)),
                List.of(new StreamToHostWorkload("stream-to-host-10k", 10_000)),
                List.of(new StreamToHostWorkload("stream-to-host-50k", 50_000)),
                List.of(new StreamToHostWorkload("stream-to-host-max", AS_FAST_AS_IT_GOES)),
                List.of(new StreamToGuestWorkload("stream-to-guest-1k", 1_000, 1)),
                List.of(new StreamToGuestWorkload("stream-to-guest-10k", 10_000, 1)),
                List.of(new StreamToGuestWorkload("stream-to-guest-50k", 50_000, 1)),
                List.of(new StreamToGuestWorkload("stream-to-guest-max", AS_FAST_AS_IT_GOES, 1)),
                List.of(new StreamToGuestWorkload("burst-to-guest", 50_000, 200)),
                List.of(new ContextsWorkload(0, 60)),
                List.of(new ContextsWorkload(9, 60)),
                List.of(new ContextsWorkload(99, 60)),
                List.of(new ContextsWorkload(999, 1)),
                List.of(new ContextOpenWorkload()),
                BesideWorkload.all()));
        FileWorkloads.all().forEach(each -> groups.add(List.of(each)));
        return groups;
    }

    /** How all workloads are called that there are, but for those that start processes of their own. */
    public static List<String> names() {
        List<String> names = new ArrayList<>(List.of(SOAK, IDLE, START));
        groups().forEach(group -> group.forEach(workload -> names.add(workload.name())));
        return names;
    }

    /** {@link #SOAK}. */
    public static Workload soak() {
        return new SoakWorkload();
    }
}
