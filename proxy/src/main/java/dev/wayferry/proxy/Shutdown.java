package dev.wayferry.proxy;

import dev.wayferry.posix.Posix;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * How the process ends: at once, with the socket's path removed, and with 0 when it was asked to by a signal. Descriptors,
 * memory and threads are the kernel's to clean up, which it does faster than we could.
 */
final class Shutdown {
    private static final AtomicInteger CODE = new AtomicInteger(ExitCode.OK);

    private Shutdown() {}

    /** Has {@code last} run at the end, however it comes, SIGKILL excepted. */
    static void atEnd(Runnable last) {
        Runtime.getRuntime().addShutdownHook(new Thread(
                () -> {
                    try {
                        last.run();
                    } catch (RuntimeException e) {
                        System.err.println("wayferry: " + e.getMessage());
                    }
                    System.err.flush();
                    // The JVM would end with 143 after SIGTERM, which service managers take for a failure.
                    Posix.exit(CODE.get());
                },
                "shutdown"));
    }

    /** Ends the process. */
    static void exit(int code) {
        CODE.set(code);
        System.exit(code);
    }
}
