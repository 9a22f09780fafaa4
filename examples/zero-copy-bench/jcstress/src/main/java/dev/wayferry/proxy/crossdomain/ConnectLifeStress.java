package dev.wayferry.proxy.crossdomain;

import dev.wayferry.bridge.MemoryAllocator;
import dev.wayferry.bridge.UnixListener;
import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.Posix;
import dev.wayferry.proxy.limit.Limits;
import dev.wayferry.proxy.log.GuestLog;
import dev.wayferry.proxy.loop.EventLoop;
import dev.wayferry.proxy.stats.Counters;
import dev.wayferry.wire.crossdomain.CrossDomain;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/**
 * A channel's socket is connected on the connector's thread while the VM's loop is stopped: r1 how often the loop was given
 * it, r2 whether it is closed in the end. Who is given it closes it.
 */
@JCStressTest
@Outcome(id = {"1, 1", "0, 1"}, expect = Expect.ACCEPTABLE, desc = "given once, or closed as there is no loop any more")
@Outcome(expect = Expect.FORBIDDEN, desc = "a socket left open, or given twice")
@State
public class ConnectLifeStress {
    private static final int PATIENCE_MILLIS = 5_000;
    private static final GuestLog LOG = new GuestLog("stress");
    private static final Path FOLDER = folder();
    private static final AtomicInteger NEXT = new AtomicInteger();

    private final AtomicInteger given = new AtomicInteger();
    private volatile String failure = "";
    private final UnixListener compositor;
    private final EventLoop loop;
    private final CrossDomainFactory factory;

    public ConnectLifeStress() {
        try {
            compositor = UnixListener.bind(FOLDER.resolve(Integer.toString(NEXT.getAndIncrement())));
            loop = new EventLoop("stressed", _ -> {});
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        factory = new CrossDomainFactory(
                new CrossDomainFactory.Settings(
                        "stress", compositor::path, Map.of(), Limits.USUAL, false, MemoryAllocator.memfd()),
                loop, LOG, new Counters(), Arena.ofAuto());
        loop.start(() -> false);
    }

    private static Path folder() {
        try {
            Path made = Files.createTempDirectory("wayferry-stress");
            made.toFile().deleteOnExit();
            return made;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Actor
    public void connect() {
        var unused = factory.connector.connect(CrossDomain.CHANNEL_TYPE_WAYLAND, (socket, wrong) -> {
            if (socket == null) {
                failure = String.valueOf(wrong);
            } else {
                given.incrementAndGet();
                socket.close();
            }
        });
    }

    @Actor
    public void stop() {
        loop.stop();
    }

    @Arbiter
    public void look(II_Result result) {
        if (Posix.poll(compositor.fd(), Posix.POLLIN, PATIENCE_MILLIS) <= 0) {
            throw new IllegalStateException("nobody connects " + failure);
        }
        try (compositor; OwnedFd other = compositor.accept().socket()) {
            int events = Posix.poll(other.number(), Posix.POLLIN, PATIENCE_MILLIS);
            result.r2 = events > 0 && (events & Posix.POLLHUP) != 0 ? 1 : 0;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        result.r1 = given.get();
        factory.close();
    }
}
