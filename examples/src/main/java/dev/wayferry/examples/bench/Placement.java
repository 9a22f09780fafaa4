package dev.wayferry.examples.bench;

import dev.wayferry.posix.CpuAffinity;
import java.io.IOException;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;

/**
 * Keeps guests and the compositor on one half of the CPUs and back-ends on the other while they are measured, as a VM's
 * processors and its device's thread have theirs.
 *
 * <p>Left to itself the kernel puts two processes that wake each other on one CPU or on two, another way each time. A round
 * trip then takes three times as long, or a third, and who was lucky more often would be taken for the faster one.
 */
final class Placement implements AutoCloseable {
    private static final String NOBODY = "one CPU for all";

    private final BitSet all = CpuAffinity.of(CpuAffinity.CALLING_THREAD);
    private final BitSet guests = new BitSet();
    private final BitSet backEnds = new BitSet();

    /** By thread, where it might run before; processes are their first threads. */
    private final Map<Integer, BitSet> before = new HashMap<>();

    private final Map<Long, ProcessFigures> processes = new HashMap<>();

    Placement() {
        int half = all.cardinality() / 2;
        all.stream().limit(half).forEach(guests::set);
        all.stream().skip(half).forEach(backEnds::set);
    }

    /** For a reader of the figures. */
    String describe() {
        return guests.isEmpty() ? NOBODY : "guests and compositor on CPUs " + guests + ", back-ends on CPUs " + backEnds;
    }

    /** The process of a guest, or the compositor's. */
    void placeGuest(long pid) throws IOException {
        place(pid, guests);
    }

    void placeBackEnd(long pid) throws IOException {
        place(pid, backEnds);
    }

    private void place(long pid, BitSet cpus) throws IOException {
        if (guests.isEmpty() || processes.containsKey(pid)) {
            return;
        }
        ProcessFigures process = ProcessFigures.of(pid);
        processes.put(pid, process);
        // Whom a thread starts meanwhile may have been born where that one was before.
        boolean isDone = false;
        while (!isDone) {
            isDone = true;
            for (int thread : process.tids()) {
                if (!before.containsKey(thread)) {
                    isDone = false;
                    place(thread, cpus, CpuAffinity.of(thread));
                }
            }
        }
    }

    /** Those that keep to CPUs of their own by themselves, as a real-time loop does, are left there. */
    private void place(int thread, BitSet cpus, BitSet had) {
        before.put(thread, had);
        BitSet wanted = (BitSet) had.clone();
        wanted.and(cpus);
        if (!wanted.isEmpty()) {
            // One that has ended since is no loss.
            int unused = CpuAffinity.set(thread, wanted);
        }
    }

    /** Lets all run wherever they might before. */
    @Override
    public void close() throws IOException {
        for (Map.Entry<Long, ProcessFigures> process : processes.entrySet()) {
            BitSet first = before.getOrDefault(Math.toIntExact(process.getKey()), all);
            for (int thread : process.getValue().tids()) {
                int unused = CpuAffinity.set(thread, before.getOrDefault(thread, first));
            }
        }
    }
}
