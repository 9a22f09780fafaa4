package dev.wayferry.fuzz;

import dev.wayferry.posix.Errno;
import dev.wayferry.posix.PollSet;
import dev.wayferry.posix.Posix;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Which descriptors this process has open: asked of the kernel by one poll of the first numbers, which is many times quicker
 * than to list {@code /proc/self/fd}. New descriptors take the lowest number that is free, so what leaks is soon among the
 * first.
 */
final class OpenFiles {
    private static final int LOOKED_AT = 512;
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(60);

    private static final long PAUSE_NANOS = 10_000;

    /** What poll says of a number that is no open descriptor. */
    private static final int POLLNVAL = 0x20;

    private static final PollSet NUMBERS = new PollSet(LOOKED_AT, Arena.global());

    static {
        for (int fd = 0; fd < LOOKED_AT; fd++) {
            int unused = NUMBERS.add(fd, 0);
        }
    }

    private OpenFiles() {}

    /** To be asked by one thread at a time. */
    static BitSet now() {
        int answered = NUMBERS.poll(0);
        if (answered < 0) {
            throw new IllegalStateException("poll of " + LOOKED_AT + " numbers: " + Errno.name(answered));
        }
        BitSet open = new BitSet(LOOKED_AT);
        for (int fd = 0; fd < LOOKED_AT; fd++) {
            if ((NUMBERS.revents(fd) & POLLNVAL) == 0) {
                open.set(fd);
            }
        }
        return open;
    }

    /** What may let go of more. */
    interface Step {
        void run() throws IOException;
    }

    /**
     * Waits until no more are open than {@code before}: threads beside the loop close some, or hand it what comes too late,
     * and take their time.
     *
     * @param servers the folder of the servers' sockets, which a session keeps open once it has connected
     * @param meanwhile done again and again
     */
    static void awaitNoMoreThan(BitSet before, Path servers, Step meanwhile) throws IOException {
        long deadline = System.nanoTime() + PATIENCE_NANOS;
        BitSet more = more(before, servers);
        while (!more.isEmpty()) {
            if (System.nanoTime() > deadline) {
                StringBuilder which = new StringBuilder();
                more.stream().limit(8).forEach(fd -> which.append(' ').append(fd).append('=').append(Posix.linkOf(fd)));
                throw new Finding(Finding.Kind.LEAK, more.cardinality() + " descriptors are left open:" + which);
            }
            LockSupport.parkNanos(PAUSE_NANOS);
            meanwhile.run();
            more = more(before, servers);
        }
    }

    private static BitSet more(BitSet before, Path servers) {
        BitSet more = now();
        more.andNot(before);
        // What the JVM opens by itself is none of the session's: jars, and what it reads of /proc.
        more.stream()
                .filter(fd -> isOfTheJvm(Posix.linkOf(fd)) || Posix.linkOf(fd).equals(servers.toString()))
                .forEach(more::clear);
        return more;
    }

    static boolean isOfTheJvm(String link) {
        return link.endsWith(".jar") || link.endsWith(".so") || link.startsWith("/proc/") || link.startsWith("/sys/")
                || link.endsWith("/random") || link.endsWith("/urandom")
                || link.isEmpty();
    }
}
