package dev.wayferry.bridge;

import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Listens by a channel of the JDK, which is there in a fraction of the time that linking the first function of libc takes. The
 * JDK knows no mode for its sockets, so this is possible only where the process's umask leaves them to their owner, as
 * {@code bin/wayferry} starts it.
 */
final class QuickBind {
    private static final int BACKLOG = 128;

    /** The umask with which bind(2) makes sockets of mode 0600, as the kernel prints it. */
    private static final String OWNER_ONLY = "\nUmask:\t0177\n";

    /** Named, the class is taken at once; else it is looked for in all jars. */
    private static final String PROVIDER = "java.nio.channels.spi.SelectorProvider";

    private static final String LINUX_PROVIDER = "sun.nio.ch.EPollSelectorProvider";

    private QuickBind() {}

    /** Listens at {@code path} with mode 0600 from the first instant, or does nothing and returns null where it can't. */
    static @Nullable ServerSocketChannel listen(Path path) {
        if (!isPlain(path.toString())) {
            return null;
        }
        try {
            if (!masksAllButOwner()) {
                return null;
            }
            if (System.getProperty(PROVIDER) == null) {
                System.setProperty(PROVIDER, LINUX_PROVIDER);
            }
            ServerSocketChannel channel = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
            try {
                channel.bind(UnixDomainSocketAddress.of(path), BACKLOG);
                return channel;
            } catch (IOException e) {
                channel.close();
                throw e;
            }
        } catch (IOException e) {
            // Who tries again by libc has the better words for what is wrong.
            return null;
        }
    }

    /** Whether all encodings agree on the path's bytes. */
    private static boolean isPlain(String path) {
        for (int i = 0; i < path.length(); i++) {
            if (path.charAt(i) > 0x7e) {
                return false;
            }
        }
        return true;
    }

    /** The mask can't be asked for without setting it, except here (proc_pid_status(5)). */
    private static boolean masksAllButOwner() throws IOException {
        try (InputStream status = new FileInputStream("/proc/self/status")) {
            return new String(status.readAllBytes(), StandardCharsets.ISO_8859_1).contains(OWNER_ONLY);
        }
    }
}
