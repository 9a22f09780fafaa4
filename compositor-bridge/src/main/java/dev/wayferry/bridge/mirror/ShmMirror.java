package dev.wayferry.bridge.mirror;

import dev.wayferry.bridge.Budget;
import dev.wayferry.posix.Errno;
import dev.wayferry.posix.Iovecs;
import dev.wayferry.posix.Posix;
import dev.wayferry.wire.wayland.MalformedMessageException;
import dev.wayferry.wire.wayland.WaylandReader;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * One Wayland connection whose shared memory the compositor can't see: each piece of guest memory has a file of the host's
 * that stands for it, into which is copied what a commit damages, before the commit is sent.
 *
 * <p>The bytes are the caller's private copy of what the guest sent, and what is parsed is what is sent. Messages may come
 * in pieces; only whole ones go on. Of the files number and order stay as they came.
 */
public final class ShmMirror implements AutoCloseable {
    /** What libwayland takes with one message, and so the most that may wait for the rest of one. */
    public static final int MAX_FILES = 28;

    private static final byte[] NOTHING = {};
    private static final int[] NO_FILES = {};

    private final PendingFiles pending = new PendingFiles();
    private final Requests requests;
    private final WaylandReader reader = new WaylandReader();

    /** The start of a message whose rest has not come. */
    private byte[] held = NOTHING;

    private byte[] whole = NOTHING;

    /** Files that go with the next whole message; ours. */
    private final int[] files = new int[MAX_FILES];

    private int fileCount;

    /**
     * @param iovecs used while something is copied
     * @param objects how many objects of all connections may be followed at once; a large desktop program has some hundreds
     */
    public ShmMirror(Iovecs iovecs, Budget objects) {
        requests = new Requests(pending, iovecs, objects);
    }

    /** Bytes that have come and not gone. */
    public int heldBytes() {
        return held.length;
    }

    /** Files that have come and not gone. */
    public int heldFiles() {
        return fileCount;
    }

    /** A file that comes with the next bytes and that nobody looks at. The descriptor stays the caller's. */
    public void addFile(int descriptor) throws RefusedException {
        if (fileCount == MAX_FILES) {
            throw new RefusedException("more than " + MAX_FILES + " files come with one message");
        }
        int own = Posix.dup(descriptor);
        if (own < 0) {
            throw new RefusedException("dup: " + Errno.name(own));
        }
        files[fileCount++] = own;
    }

    /**
     * A memory file that comes with the next bytes. The descriptor stays the caller's.
     *
     * @param pages what it stands for, of which it has the size at least; null for memory that is the host's
     */
    public void addMemory(int descriptor, @Nullable GuestPages pages) throws RefusedException {
        addFile(descriptor);
        pending.add(descriptor, pages);
    }

    /** Takes the bytes that came with the files added before, and copies what they commit. */
    public void accept(byte[] bytes) throws RefusedException {
        byte[] all = bytes;
        if (held.length > 0) {
            all = Arrays.copyOf(held, held.length + bytes.length);
            System.arraycopy(bytes, 0, all, held.length, bytes.length);
        }
        reader.wrap(MemorySegment.ofArray(all), 0, all.length);
        try {
            while (reader.next()) {
                requests.follow(reader);
            }
            requests.refresh();
        } catch (MalformedMessageException e) {
            throw new RefusedException(String.valueOf(e.getMessage()));
        }
        int end = (int) reader.consumed();
        whole = end == all.length ? all : Arrays.copyOf(all, end);
        held = end == all.length ? NOTHING : Arrays.copyOfRange(all, end, all.length);
        pending.passed(end);
    }

    /** The whole messages of what was accepted last, perhaps none. */
    public byte[] messages() {
        return whole;
    }

    /** The messages have gone on, and nothing of them is kept. */
    public void passedOn() {
        whole = NOTHING;
    }

    /** The files that go with {@link #messages}, which are the caller's now; none while there are no messages. */
    public int[] takeFiles() {
        if (whole.length == 0) {
            return NO_FILES;
        }
        int[] all = Arrays.copyOf(files, fileCount);
        fileCount = 0;
        return all;
    }

    /** Bytes of guest memory copied so far. */
    public long copied() {
        return requests.copied();
    }

    @Override
    public void close() {
        for (int i = 0; i < fileCount; i++) {
            Posix.close(files[i]);
        }
        fileCount = 0;
        pending.close();
        requests.close();
    }
}
