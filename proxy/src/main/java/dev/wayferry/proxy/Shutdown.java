package dev.wayferry.proxy;

import dev.wayferry.posix.Posix;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * How the process ends: at once, with the socket's path removed, and with 0 when it was asked to by a signal. Descriptors,
 * memory and threads are the kernel's to clean up, which it does faster than we could.
 */
final class Shutdown {
    private static final AtomicInteger CODE = new AtomicInteger(ExitCode.OK);

    /** Whether the JVM is to end the process, which has something to write before that. */
    private static final AtomicBoolean BY_THE_JVM = new AtomicBoolean();

    private Shutdown() {}

    /** Has {@code last} run at the end, however it comes, SIGKILL excepted. */
    static void atEnd(Runnable last) {
        Runtime.getRuntime().addShutdownHook(new Hook(last));
    }

    /** A class with a name: the JVM's first lambda takes milliseconds, and this is before the process listens. */
    private static final class Hook extends Thread {
        private final Runnable last;

        Hook(Runnable last) {
            super("shutdown");
            this.last = last;
        }

        @Override
        public void run() {
            try {
                last.run();
            } catch (RuntimeException e) {
                System.err.println("wayferry: " + e.getMessage());
            }
            System.err.flush();
            if (!BY_THE_JVM.get()) {
                // The JVM would end with 143 after SIGTERM, which service managers take for a failure.
                Posix.exit(CODE.get());
            }
        }
    }

    /** Leaves the end to the JVM, which takes its time. */
    static void leaveToTheJvm() {
        BY_THE_JVM.set(true);
    }

    /** Ends the process. */
    static void exit(int code) {
        CODE.set(code);
        System.exit(code);
    }
}
