package dev.wayferry.proxy.vhostuser;

import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.Posix;
import dev.wayferry.posix.PosixException;
import dev.wayferry.posix.Sockets;
import dev.wayferry.proxy.log.GuestLog;
import java.util.concurrent.TimeUnit;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Mode;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.Signal;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.I_Result;

/** The session's thread and the keeper's, who meet at the back-channel. */
public final class BackChannelStress {
    private static final GuestLog LOG = new GuestLog("stress");
    private static final long PATIENCE_NANOS = TimeUnit.HOURS.toNanos(1);

    private BackChannelStress() {}

    /** The keeper waits for the end of a pause, which comes. */
    @JCStressTest(Mode.Termination)
    @Outcome(id = "TERMINATED", expect = Expect.ACCEPTABLE, desc = "it goes on")
    @Outcome(id = "STALE", expect = Expect.FORBIDDEN, desc = "it waits for ever")
    @State
    public static class Resume {
        private final BackChannel channel = new BackChannel("stress", LOG, PATIENCE_NANOS);

        @Actor
        public void keeper() {
            channel.awaitResume();
        }

        @Signal
        public void session() {
            channel.suspended(false);
        }
    }

    /** The keeper has something to tell and waits for the socket, which is handed over. */
    @JCStressTest(Mode.Termination)
    @Outcome(id = "TERMINATED", expect = Expect.ACCEPTABLE, desc = "it is told")
    @Outcome(id = "STALE", expect = Expect.FORBIDDEN, desc = "it waits for ever")
    @State
    public static class Connect {
        private final BackChannel channel = new BackChannel("stress", LOG, PATIENCE_NANOS);
        private final OwnedFd[] pair = pair();

        public Connect() {
            channel.suspended(false);
        }

        @Actor
        public void keeper() {
            channel.configChanged();
            channel.close();
            pair[1].close();
        }

        @Signal
        public void session() {
            channel.connect(pair[0]);
        }
    }

    /** A socket is handed over while the session ends: r1 whether it is closed. */
    @JCStressTest
    @Outcome(id = "1", expect = Expect.ACCEPTABLE, desc = "closed")
    @Outcome(expect = Expect.FORBIDDEN, desc = "left open")
    @State
    public static class LifeEnd {
        private final BackChannel channel = new BackChannel("stress", LOG, PATIENCE_NANOS);
        private final OwnedFd[] pair = pair();

        @Actor
        public void connect() {
            channel.connect(pair[0]);
        }

        @Actor
        public void close() {
            channel.close();
        }

        @Arbiter
        public void look(I_Result result) {
            result.r1 = (Posix.poll(pair[1].number(), Posix.POLLIN, 0) & Posix.POLLHUP) != 0 ? 1 : 0;
            pair[1].close();
        }
    }

    private static OwnedFd[] pair() {
        try {
            return Sockets.pair();
        } catch (PosixException e) {
            throw new IllegalStateException(e);
        }
    }
}
