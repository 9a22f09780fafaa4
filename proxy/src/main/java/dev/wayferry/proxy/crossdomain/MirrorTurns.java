package dev.wayferry.proxy.crossdomain;

import dev.wayferry.proxy.loop.EventLoop;
import java.util.LinkedHashSet;
import org.jspecify.annotations.Nullable;

/**
 * In which turn of the loop whose guest memory is mirrored. A turn has to end, however much is committed: once so many bytes
 * were copied in it, all who come wait for a later one, each in the place in which it came. Belongs to the loop.
 */
final class MirrorTurns {
    /** Bytes after which a turn begins with no further SEND: a frame of 4K. */
    static final long MOST = 32L << 20;

    /** Where SENDs come that may have something mirrored. */
    interface Stream {
        /** It may ask again. */
        void goOn();
    }

    private final EventLoop loop;
    private final Runnable next = this::next;
    private final LinkedHashSet<Stream> waiting = new LinkedHashSet<>();
    private long copied;
    private boolean posted;

    /** Whose turn this is, until it comes. */
    private @Nullable Stream first;

    /** Who has gone last in this turn, and may go on. */
    private @Nullable Stream going;

    MirrorTurns(EventLoop loop) {
        this.loop = loop;
    }

    /** Whether {@code stream} may go on now; if not, it is told by {@link Stream#goOn} when to ask again. */
    boolean mayGo(Stream stream) {
        boolean hasPlace = stream == going || waiting.isEmpty() || stream == waiting.getFirst();
        if (copied < MOST && hasPlace) {
            waiting.remove(stream);
            first = stream == first ? null : first;
            going = stream;
            return true;
        }
        waiting.add(stream);
        awaitNext();
        return false;
    }

    /** Whether it has asked, and has to ask again. */
    boolean isWaiting(Stream stream) {
        return waiting.contains(stream);
    }

    /** So many bytes were copied. */
    void copied(long bytes) {
        if (bytes > 0) {
            copied += bytes;
            awaitNext();
        }
    }

    private void awaitNext() {
        if (!posted) {
            // What the loop posts to itself while it gives out it runs in the next turn.
            posted = loop.post(next);
        }
    }

    private void next() {
        posted = false;
        copied = 0;
        going = null;
        if (first != null) {
            // It did not come: it waits for something else by now, and holds nobody up.
            waiting.remove(first);
        }
        first = waiting.isEmpty() ? null : waiting.getFirst();
        waiting.forEach(Stream::goOn);
    }

    /** The stream ends. */
    void forget(Stream stream) {
        waiting.remove(stream);
        if (first == stream) {
            first = null;
        }
        if (going == stream) {
            going = null;
        }
    }
}
