package dev.wayferry.examples.bench;

import dev.wayferry.examples.bench.backend.Running;
import dev.wayferry.examples.bench.backend.ServerProcess;
import dev.wayferry.examples.bench.floor.GuestHandshake;
import dev.wayferry.examples.bench.floor.PingPong;
import dev.wayferry.examples.bench.workload.Workload;
import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.Posix;
import dev.wayferry.posix.PosixException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/** A bare ping-pong with another process over two eventfds: what the floor's queue is judged by. */
final class PingPongBaseline implements Workload.Session {
    static final String NAME = "eventfd ping-pong";

    private final Arena arena = Arena.ofConfined();
    private final ServerProcess process;
    private final OwnedFd kick;
    private final OwnedFd call;
    private final OwnedFd socket;
    private final MemorySegment one = arena.allocateFrom(ValueLayout.JAVA_LONG, 1L);
    private final MemorySegment counter = arena.allocate(Long.BYTES, Long.BYTES);

    private volatile @Nullable IOException failure;

    PingPongBaseline(Path folder) throws IOException {
        process = ServerProcess.start(folder.resolve("ping-pong.sock"), PingPong.class);
        kick = OwnedFd.of(Posix.eventfd(), "eventfd");
        call = OwnedFd.of(Posix.eventfd(0), "eventfd");
        // The memory is not used; a descriptor has to be there.
        socket = GuestHandshake.offer(process.socket(), 0, call.number(), kick.number(), call.number());
    }

    @Override
    public long run(int operations, Histogram latencies) throws IOException {
        long start = System.nanoTime();
        long before = start;
        for (int i = 0; i < operations; i++) {
            PosixException.check(Posix.write(kick.number(), one), "write of the kick");
            PosixException.check(Posix.read(call.number(), counter), "read of the call");
            IOException failed = failure;
            if (failed != null) {
                throw failed;
            }
            long after = System.nanoTime();
            latencies.recordValue(Math.min(after - before, latencies.getHighestTrackableValue()));
            before = after;
        }
        return before - start;
    }

    @Override
    public Running process() {
        return process;
    }

    @Override
    public void fail(IOException why) {
        failure = why;
        long unused = Posix.write(call.number(), one);
    }

    @Override
    public void close() {
        one.set(ValueLayout.JAVA_LONG, 0, PingPong.END);
        long unused = Posix.write(kick.number(), one);
        process.close();
        socket.close();
        kick.close();
        call.close();
        arena.close();
    }
}
