package dev.wayferry.posix;

import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A descriptor with one owner: whoever holds this object last closes it, once.
 *
 * <p>On the message path descriptors are plain ints with an owner named in the code; this class is for everything else.
 */
public final class OwnedFd implements AutoCloseable {
    private static final int GONE = -1;

    private final AtomicInteger number;
    private final @Nullable Closeable holder;

    /** Takes ownership of {@code number}. */
    public OwnedFd(int number) {
        this(number, null);
    }

    /**
     * Takes ownership of {@code number} together with the object that opened it, which is what closing then closes. Such
     * a descriptor can be duplicated but not released.
     */
    public OwnedFd(int number, @Nullable Closeable holder) {
        if (number < 0) {
            throw new IllegalArgumentException("not a descriptor: " + number);
        }
        this.number = new AtomicInteger(number);
        this.holder = holder;
    }

    /** Takes ownership of {@code result}, unless it is a negative error number of {@code what}, which is thrown. */
    public static OwnedFd of(int result, String what) throws PosixException {
        return new OwnedFd(PosixException.check(result, what));
    }

    /** The descriptor's number; the owner stays this object. */
    public int number() {
        int fd = number.get();
        if (fd == GONE) {
            throw new IllegalStateException("descriptor already closed or released");
        }
        return fd;
    }

    /** Gives ownership to the caller, who closes the descriptor. */
    public int release() {
        if (holder != null) {
            throw new IllegalStateException("the descriptor belongs to " + holder);
        }
        int fd = number.getAndSet(GONE);
        if (fd == GONE) {
            throw new IllegalStateException("descriptor already closed or released");
        }
        return fd;
    }

    public boolean isOpen() {
        return number.get() != GONE;
    }

    /** A second descriptor for the same open file, owned by the caller. */
    public OwnedFd duplicate() throws PosixException {
        return of(Posix.dup(number()), "dup");
    }

    @Override
    public void close() {
        int fd = number.getAndSet(GONE);
        if (fd == GONE) {
            return;
        }
        if (holder == null) {
            Posix.close(fd);
            return;
        }
        try {
            holder.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
