package dev.wayferry.examples.bench.floor;

import dev.wayferry.posix.CompilerThreads;
import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.Posix;
import dev.wayferry.posix.PosixException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;

/**
 * The other end of a bare ping-pong over two eventfds, by which the {@link Floor} itself is judged: a blocking read and a
 * write, and nothing else.
 */
public final class PingPong {
    private PingPong() {}

    /** {@code SOCKET}: answers one guest that connects to the path, until it kicks with {@link #END}. */
    public static void main(String[] args) throws IOException {
        CompilerThreads.giveWay();
        GuestHandshake guest = GuestHandshake.accept(Path.of(args[0]));
        try (Arena arena = Arena.ofConfined();
                OwnedFd kick = guest.kick();
                OwnedFd call = guest.call()) {
            MemorySegment counter = arena.allocate(Long.BYTES, Long.BYTES);
            MemorySegment one = arena.allocateFrom(ValueLayout.JAVA_LONG, 1L);
            PosixException.check(Posix.setNonBlocking(kick.number(), false), "fcntl");
            while (true) {
                PosixException.check(Posix.read(kick.number(), counter), "read of the kick");
                if (counter.get(ValueLayout.JAVA_LONG, 0) >= END) {
                    return;
                }
                PosixException.check(Posix.write(call.number(), one), "write of the call");
            }
        }
    }

    /** What ends the other process when it is written to the kick. */
    public static final long END = 1L << 32;
}
