package dev.wayferry.examples.bench.floor;

import dev.wayferry.posix.Memory;
import dev.wayferry.posix.PosixException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;

/**
 * The memory that the floor and its guest share: a ring of commands, a ring of what became of them, and behind both the
 * payloads. A command is one long; what became of it is the same long with another length.
 *
 * <p>As in a virtqueue each ring has one writer, an index that only grows, and a fence between entries and index; and each
 * side is notified only while it says that it waits.
 */
public final class FloorMemory {
    /** Is finished at once. */
    public static final int QUERY = 0;
    /** Connects to the compositor. */
    public static final int OPEN = 1;
    /** Sends the payload to the compositor. */
    public static final int SEND = 2;
    /** Waits for something from the compositor, at most the length, and puts it where the payload lies. */
    public static final int POLL = 3;
    /** Ends the connection, and finishes its POLL. */
    public static final int CLOSE = 4;
    /** Sends the payload with the descriptor of this memory. */
    public static final int SHARE = 5;
    /** Sends the payload with the end of a new pipe that the compositor is to write to. */
    public static final int OPEN_PIPE = 6;
    /** Waits for something from that pipe, at most the length, and puts it where the payload lies; 0 bytes at its end. */
    public static final int READ = 7;
    /** Writes the payload to the pipe that came from the compositor with the last POLL. */
    public static final int WRITE = 8;
    /** Ends that pipe. */
    public static final int HANG_UP = 9;

    /** The most connections. */
    public static final int MAX_CONNECTIONS = 2048;

    /** Entries of each ring, more than there ever are commands under way. */
    private static final int RING_ENTRIES = 16384;

    private static final long SUBMITTED = 0;
    private static final long FINISHED = 64;
    private static final long FLOOR_WAITS = 128;
    private static final long GUEST_WAITS = 192;
    private static final long SUBMISSIONS = 4096;
    private static final long COMPLETIONS = SUBMISSIONS + RING_ENTRIES * (long) Long.BYTES;
    /** Where the payloads begin. */
    public static final long PAYLOADS = COMPLETIONS + RING_ENTRIES * (long) Long.BYTES;

    /** A multiple of this is where a payload lies. */
    private static final int PAYLOAD_SHIFT = 5;

    // A command: payload (28 bits), length (16), connection (16), operation (4).
    private static final int LENGTH_SHIFT = 28;
    private static final int CONNECTION_SHIFT = 44;
    private static final int OPERATION_SHIFT = 60;
    private static final long LENGTH_MASK = 0xffffL << LENGTH_SHIFT;

    private final MemorySegment memory;

    private FloorMemory(MemorySegment memory) {
        this.memory = memory;
    }

    /** Maps the memory file {@code fd} of {@code size} bytes; the descriptor stays the caller's. */
    public static FloorMemory map(int fd, long size, Arena arena) throws PosixException {
        return new FloorMemory(Memory.map(fd, 0, size, Memory.PROT_READ | Memory.PROT_WRITE, arena));
    }

    /** All of it. */
    public MemorySegment segment() {
        return memory;
    }

    /** A command, by where its payload lies, a multiple of 32. */
    public static long command(int operation, int connection, long payload, int length) {
        return (long) operation << OPERATION_SHIFT
                | (long) connection << CONNECTION_SHIFT
                | (long) length << LENGTH_SHIFT
                | payload >>> PAYLOAD_SHIFT;
    }

    public static int operation(long command) {
        return (int) (command >>> OPERATION_SHIFT);
    }

    public static int connection(long command) {
        return (int) (command >>> CONNECTION_SHIFT) & 0xffff;
    }

    public static int length(long command) {
        return (int) (command >>> LENGTH_SHIFT) & 0xffff;
    }

    public static long payload(long command) {
        return (command & 0xfff_ffff) << PAYLOAD_SHIFT;
    }

    /** Whether two commands differ in nothing but payload and length. */
    public static boolean areAlike(long command, long other) {
        return (command ^ other) >>> CONNECTION_SHIFT == 0;
    }

    /** What became of {@code command}. */
    public static long finished(long command, int length) {
        return (command & ~LENGTH_MASK) | (long) length << LENGTH_SHIFT;
    }

    // ---- The rings. Their indices are kept by the writer and the reader each; these are what they show each other.

    public int submitted() {
        return acquire(SUBMITTED);
    }

    public void submitted(int index) {
        release(SUBMITTED, index);
    }

    public int finished() {
        return acquire(FINISHED);
    }

    public void finished(int index) {
        release(FINISHED, index);
    }

    /** Says whether the floor is to be notified of what is submitted from now on. */
    public void floorWaits(boolean waits) {
        tell(FLOOR_WAITS, waits);
    }

    /** Whether it is, of what was submitted before. */
    public boolean floorWaits() {
        return isTold(FLOOR_WAITS);
    }

    /** Says whether the guest is to be notified of what is finished from now on. */
    public void guestWaits(boolean waits) {
        tell(GUEST_WAITS, waits);
    }

    /** Whether it is, of what was finished before. */
    public boolean guestWaits() {
        return isTold(GUEST_WAITS);
    }

    public long submission(int index) {
        return memory.get(ValueLayout.JAVA_LONG, SUBMISSIONS + slot(index));
    }

    public void submission(int index, long command) {
        memory.set(ValueLayout.JAVA_LONG, SUBMISSIONS + slot(index), command);
    }

    public long completion(int index) {
        return memory.get(ValueLayout.JAVA_LONG, COMPLETIONS + slot(index));
    }

    public void completion(int index, long finished) {
        memory.set(ValueLayout.JAVA_LONG, COMPLETIONS + slot(index), finished);
    }

    private static long slot(int index) {
        return (index & RING_ENTRIES - 1) * (long) Long.BYTES;
    }

    private void tell(long at, boolean waits) {
        memory.set(ValueLayout.JAVA_INT, at, waits ? 1 : 0);
        if (waits) {
            // Before whoever says so looks at the index once more.
            VarHandle.fullFence();
        }
    }

    private boolean isTold(long at) {
        // Behind the index.
        VarHandle.fullFence();
        return memory.get(ValueLayout.JAVA_INT, at) != 0;
    }

    private int acquire(long at) {
        int index = memory.get(ValueLayout.JAVA_INT, at);
        VarHandle.acquireFence();
        return index;
    }

    private void release(long at, int index) {
        VarHandle.releaseFence();
        memory.set(ValueLayout.JAVA_INT, at, index);
    }
}
