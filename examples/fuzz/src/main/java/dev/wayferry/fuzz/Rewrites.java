package dev.wayferry.fuzz;

import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;

/** What a guest writes into its memory between the device's reads of it, each write behind a read that has a number. */
final class Rewrites {
    private record Rewrite(int reads, long at, int width, long value) {}

    private final long device;
    private final MemorySegment ram;
    private final ArrayDeque<Rewrite> waiting = new ArrayDeque<>();
    private int reads;
    private boolean sawReads;

    /**
     * @param device where the device has the guest's memory mapped
     * @param ram the guest's own mapping of it
     */
    Rewrites(long device, MemorySegment ram) {
        this.device = device;
        this.ram = ram;
    }

    /** Writes {@code width} bytes, 2, 4 or 8, behind so many reads more than the write before. */
    void add(int readsLater, long at, int width, long value) {
        waiting.add(new Rewrite(readsLater, at, width, value));
    }

    /** Forgets what was not written. */
    void clear() {
        waiting.clear();
        reads = 0;
    }

    /** Whether the device's reads come by here at all. */
    boolean sawReads() {
        return sawReads;
    }

    void readAt(long address) {
        if (address - device < 0 || address - device >= ram.byteSize()) {
            return;
        }
        reads++;
        sawReads = true;
        Rewrite next = waiting.peek();
        while (next != null && reads > next.reads()) {
            write(ram, next.at(), next.width(), next.value());
            reads = 0;
            waiting.remove();
            next = waiting.peek();
        }
    }

    static void write(MemorySegment ram, long at, int width, long value) {
        switch (width) {
            case 2 -> ram.set(Commands.SHORT, at, (short) value);
            case 4 -> ram.set(Commands.INT, at, (int) value);
            default -> ram.set(Commands.LONG, at, value);
        }
    }
}
