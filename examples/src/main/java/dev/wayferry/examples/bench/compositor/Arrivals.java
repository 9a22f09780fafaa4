package dev.wayferry.examples.bench.compositor;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * When each message of a stream arrived at the compositor: a file that the compositor writes and the bench reads, so that
 * nothing has to be sent back. Times are of {@link System#nanoTime}, 0 for what has not arrived.
 */
public final class Arrivals {
    /** How many messages a stream can have. */
    public static final int CAPACITY = 1 << 21;

    private final MemorySegment times;

    private Arrivals(MemorySegment times) {
        this.times = times;
    }

    /** Maps the file at {@code path}, which is made if it is not there; until {@code arena} closes. */
    public static Arrivals open(Path path, Arena arena) throws IOException {
        try (FileChannel file = FileChannel.open(
                path, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            return new Arrivals(file.map(FileChannel.MapMode.READ_WRITE, 0, (long) CAPACITY * Long.BYTES, arena));
        }
    }

    /** Forgets the first {@code count} messages. */
    public void clear(int count) {
        times.asSlice(0, (long) count * Long.BYTES).fill((byte) 0);
    }

    /** Message {@code sequence} is there. */
    void arrived(int sequence, long nanos) {
        times.setAtIndex(ValueLayout.JAVA_LONG, sequence, nanos);
    }

    /** When message {@code sequence} arrived, 0 if it has not. */
    public long get(int sequence) {
        long nanos = times.getAtIndex(ValueLayout.JAVA_LONG, sequence);
        VarHandle.acquireFence();
        return nanos;
    }
}
