package dev.wayferry.proxy.crossdomain;

import org.jspecify.annotations.Nullable;

/**
 * Requests that came in directly one behind the other and go out by one call of the kernel. At most one of a VM's streams has
 * such at a time, and only until a request comes that is none of them, so nothing is later for it.
 */
final class Batch {
    /** A stream that can have some. */
    interface Stream {
        /** Sends them. */
        void flushBatch();
    }

    private @Nullable Stream open;

    /** What comes next is for {@code stream}: others send what they have. */
    void begin(@Nullable Stream stream) {
        Stream other = open;
        if (other != null && other != stream) {
            open = null;
            other.flushBatch();
        }
    }

    /** The stream has requests that are to be sent later in this turn. */
    void open(Stream stream) {
        open = stream;
    }

    /** The stream has none any more. */
    void closed(Stream stream) {
        if (open == stream) {
            open = null;
        }
    }
}
