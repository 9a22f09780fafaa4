package dev.wayferry.posix;

import java.io.IOException;

/** A call that must not fail did, off the message path; carries the error number. */
public final class PosixException extends IOException {
    private static final long serialVersionUID = 1L;
    private final int errno;

    public PosixException(String what, long errno) {
        super(what + ": " + Errno.name(errno));
        this.errno = (int) Math.abs(errno);
    }

    public int errno() {
        return errno;
    }

    /** Returns {@code result} unless it is a negative error number, which is thrown with {@code what}. */
    public static int check(int result, String what) throws PosixException {
        if (result < 0) {
            throw new PosixException(what, result);
        }
        return result;
    }

    /** Returns {@code result} unless it is a negative error number, which is thrown with {@code what}. */
    public static long check(long result, String what) throws PosixException {
        if (result < 0) {
            throw new PosixException(what, result);
        }
        return result;
    }
}
