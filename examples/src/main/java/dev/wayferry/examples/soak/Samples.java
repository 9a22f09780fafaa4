package dev.wayferry.examples.soak;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a process took of memory (kB) and descriptors each time that all was at rest. Memory is flat when the median of the
 * last quarter of the samples is above that of the quarter before by no more than 5 % and 4 MiB; with few samples, while a
 * JVM still warms up, by no more than 5 % and 32 MiB.
 */
final class Samples {
    private static final long SLACK_KB = 4 << 10;
    private static final long WARMING_UP_SLACK_KB = 32 << 10;
    private static final int WARMING_UP = 64;
    private static final int SLACK_PERCENT = 5;
    private static final int FEWEST = 8;

    private final List<Long> memory = new ArrayList<>();
    private final List<Integer> descriptors = new ArrayList<>();

    void add(long memoryKb, int descriptorCount) {
        memory.add(memoryKb);
        descriptors.add(descriptorCount);
    }

    /** Why memory is not flat, null if it is, or if there are too few samples to tell. */
    @Nullable String growth() {
        int count = memory.size();
        if (count < FEWEST) {
            return null;
        }
        long before = median(memory.subList(count / 2, count * 3 / 4));
        long last = median(memory.subList(count * 3 / 4, count));
        long slack = count < WARMING_UP ? WARMING_UP_SLACK_KB : SLACK_KB;
        return last <= before + before * SLACK_PERCENT / 100 + slack
                ? null
                : "memory grows: " + last + " kB in the last quarter, " + before + " kB in the one before";
    }

    private static long median(List<Long> values) {
        return values.stream().sorted().toList().get(values.size() / 2);
    }

    /** First and last of both. */
    String describe() {
        if (memory.isEmpty()) {
            return "never at rest";
        }
        return "descriptors " + descriptors.getFirst() + " at first and " + descriptors.getLast() + " at last, RSS "
                + memory.getFirst() + " kB at first and " + memory.getLast() + " kB at last";
    }
}
