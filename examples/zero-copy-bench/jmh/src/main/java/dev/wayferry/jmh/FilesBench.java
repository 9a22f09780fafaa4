package dev.wayferry.jmh;

import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.Posix;
import dev.wayferry.posix.PosixException;
import dev.wayferry.posix.SocketMessage;
import dev.wayferry.posix.Sockets;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** A message of 64 bytes with files, over a socket pair: sendmsg, recvmsg, and the close of each file received. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class FilesBench {
    private static final int LENGTH = 64;

    /** Files with a message: none, as with most; one, as with a pool; as many as a SEND can have. */
    @Param({"0", "1", "28"})
    public int files;

    private final Arena arena = Arena.ofShared();
    private final SocketMessage out = new SocketMessage(1, arena);
    private final SocketMessage in = new SocketMessage(1, arena);
    private final MemorySegment sent = arena.allocate(LENGTH);
    private final MemorySegment received = arena.allocate(LENGTH);

    @SuppressWarnings("NullAway.Init")
    private OwnedFd[] pair;

    @SuppressWarnings("NullAway.Init")
    private OwnedFd file;

    @Setup
    public void open() throws PosixException {
        pair = Sockets.pair();
        file = OwnedFd.of(Posix.eventfd(), "eventfd");
    }

    @TearDown
    public void close() {
        pair[0].close();
        pair[1].close();
        file.close();
    }

    private void send() throws PosixException {
        out.clear().addBuffer(sent);
        for (int i = 0; i < files; i++) {
            if (!out.addFd(file.number())) {
                throw new IllegalStateException(files + " files are too many");
            }
        }
        PosixException.check(out.send(pair[0].number()), "sendmsg");
    }

    private void receive() throws PosixException {
        in.clear().addBuffer(received);
        PosixException.check(in.receive(pair[1].number()), "recvmsg");
        if (in.fdCount() != files) {
            throw new IllegalStateException(in.fdCount() + " files came, not " + files);
        }
    }

    @Benchmark
    public void sendAndReceive() throws PosixException {
        send();
        receive();
        for (int i = 0; i < in.fdCount(); i++) {
            Posix.close(in.fd(i));
        }
    }

    /** What closing so many files costs, together with opening them, for the share that this has in the other figure. */
    @Benchmark
    public void duplicateAndClose() {
        for (int i = 0; i < files; i++) {
            Posix.close(Posix.dup(file.number()));
        }
    }
}
