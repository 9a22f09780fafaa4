package dev.wayferry.examples.bench.compositor;

import dev.wayferry.posix.Memory;
import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.Posix;
import dev.wayferry.posix.PosixException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;

/**
 * When each message of a stream arrived at the compositor: memory that the compositor writes and the bench reads, so that
 * nothing has to be sent back. Times are of {@link System#nanoTime}, 0 for what has not arrived.
 */
public final class Arrivals implements AutoCloseable {
    /** In place of the time at which something came that is not what it should be. */
    public static final long WRONG = -1;

    private static final int CAPACITY = 1 << 21;
    private static final long SIZE = (long) CAPACITY * Long.BYTES;

    private final Arena arena = Arena.ofShared();
    private final OwnedFd file;
    private final MemorySegment times;

    /** Takes ownership of {@code file}. */
    private Arrivals(OwnedFd file) throws PosixException {
        this.file = file;
        try {
            times = Memory.map(file.number(), 0, SIZE, Memory.PROT_READ | Memory.PROT_WRITE, arena);
        } catch (PosixException e) {
            close();
            throw e;
        }
    }

    /** New ones, which nothing has arrived in. */
    public static Arrivals create() throws PosixException {
        OwnedFd file = OwnedFd.of(Memory.memfdCreate("arrivals"), "memfd_create");
        int result = Memory.ftruncate(file.number(), SIZE);
        if (result < 0) {
            file.close();
            throw new PosixException("ftruncate to " + SIZE, result);
        }
        return new Arrivals(file);
    }

    /** Those that another process has created, by their {@link #path}. */
    static Arrivals open(String path) throws PosixException {
        return new Arrivals(OwnedFd.of(Posix.open(path, Posix.O_RDWR), "open of " + path));
    }

    /** Where another process of the same user can open them, while these are open. */
    public String path() {
        return "/proc/" + ProcessHandle.current().pid() + "/fd/" + file.number();
    }

    /** Forgets the first {@code count} messages, of which there may be no more than there is room for. */
    public void clear(int count) {
        times.asSlice(0, (long) count * Long.BYTES).fill((byte) 0);
    }

    /** Message {@code sequence} is there. */
    void arrived(int sequence, long nanos) {
        times.setAtIndex(ValueLayout.JAVA_LONG, sequence, nanos);
    }

    /** Message {@code sequence} is there, but is not what it should be. */
    void wrong(int sequence) {
        times.setAtIndex(ValueLayout.JAVA_LONG, sequence, WRONG);
    }

    /** When message {@code sequence} arrived, 0 if it has not, {@link #WRONG} if it was another. */
    public long get(int sequence) {
        long nanos = times.getAtIndex(ValueLayout.JAVA_LONG, sequence);
        VarHandle.acquireFence();
        return nanos;
    }

    @Override
    public void close() {
        file.close();
        arena.close();
    }
}
