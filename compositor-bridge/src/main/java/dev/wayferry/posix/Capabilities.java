package dev.wayferry.posix;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** What the calling thread, and threads that it starts from then on, may do beyond their user. Source: capabilities(7). */
public final class Capabilities {
    /** Opens files, and connects to sockets, whatever their mode. */
    public static final long DAC_OVERRIDE = 1L << 1;

    /** Locks memory beyond RLIMIT_MEMLOCK. */
    public static final long IPC_LOCK = 1L << 14;

    /** Makes threads real-time ones. */
    public static final long SYS_NICE = 1L << 23;

    private static final int CAPGET = SystemCall.X86_64 ? 125 : 90;
    private static final int CAPSET = SystemCall.X86_64 ? 126 : 91;

    /** _LINUX_CAPABILITY_VERSION_3: two times three words, effective, permitted and inheritable. */
    private static final int VERSION = 0x20080522;

    private static final int SETS = 3;
    private static final int INHERITABLE = 2;
    private static final int WORDS = 2 * SETS;

    private Capabilities() {}

    /**
     * Gives up all capabilities but those of {@code kept}, for good: threads that were started before keep theirs, as the
     * kernel knows no way to take them.
     */
    public static void dropAllBut(long kept) throws PosixException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment header = arena.allocate(2L * Integer.BYTES, Integer.BYTES);
            header.set(ValueLayout.JAVA_INT, 0, VERSION);
            MemorySegment sets = arena.allocate((long) WORDS * Integer.BYTES, Integer.BYTES);
            long unused = PosixException.check(SystemCall.call(CAPGET, header.address(), sets.address()), "capget");
            for (int i = 0; i < WORDS; i++) {
                // Words 0 to 2 are the lower halves of the sets, 3 to 5 the upper ones.
                int mask = i % SETS == INHERITABLE ? 0 : (int) (kept >>> (i / SETS * Integer.SIZE));
                int word = sets.getAtIndex(ValueLayout.JAVA_INT, i);
                sets.setAtIndex(ValueLayout.JAVA_INT, i, word & mask);
            }
            unused = PosixException.check(SystemCall.call(CAPSET, header.address(), sets.address()), "capset");
        }
    }
}
