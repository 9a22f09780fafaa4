package dev.wayferry.proxy.limit;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What one VM may have at once, or may do in a second, as {@code --limit=NAME=VALUE} sets it. Whoever goes over one gets an
 * error, and a line in the log that names it.
 */
public enum Limit {
    /** Contexts of the VM, each with a connection to a socket of the host's. */
    CONTEXTS(1024, Kind.NUMBER),

    /** Contexts that may be made in a second, on average; as many as {@link #CONTEXTS} at once. */
    CONTEXTS_PER_SECOND(4000, Kind.NUMBER),

    /** Resources of the VM; it may attach them to contexts twice as often. */
    RESOURCES(16384, Kind.NUMBER),

    /** Pieces of guest memory that lie behind resources. */
    BACKING_ENTRIES(1 << 18, Kind.NUMBER),

    /** Host blobs: memory of the host's that the guest has made for buffers. */
    BLOB_BYTES(4L << 30, Kind.BYTES),

    /** Host blobs that are mapped into the guest; QEMU ends above 512. */
    MAPPED_BLOBS(480, Kind.NUMBER),

    /** Guest blobs that are shared with the compositor. */
    SHARED_BLOBS(256, Kind.NUMBER),

    /** Their bytes, which {@code /dev/udmabuf} pins. */
    SHARED_BYTES(512L << 20, Kind.BYTES),

    /** Images of 2D resources, with {@code --scanout}. */
    IMAGE_BYTES(256L << 20, Kind.BYTES),

    /** Pipes and received files of one context, nearly each an open descriptor. */
    CONTEXT_ITEMS(1024, Kind.NUMBER),

    /** Those of all contexts. One has four times what it leaves to the others. */
    ITEMS(8192, Kind.NUMBER),

    /**
     * Wayland objects that {@code --guest-shm=copy} follows. One context has four times what it leaves to the others; a large
     * desktop program has some hundreds.
     */
    MIRRORED_OBJECTS(32768, Kind.NUMBER),

    /** What a context has sent and its compositor, which does not read, has not taken; 8 requests more are held. */
    CONTEXT_QUEUED_BYTES(1 << 20, Kind.BYTES),

    /**
     * That of all contexts, and what they have written to pipes that are not read. One channel or pipe has four times what it
     * leaves to the others: a pipe 51 MiB, so that a paste of 50 MB, which guests write before anybody reads, is not lost.
     */
    QUEUED_BYTES(64L << 20, Kind.BYTES),

    /** One file of the compositor's, or of another channel's server, that is copied for the guest. */
    FILE_COPY_BYTES(16L << 20, Kind.BYTES),

    /**
     * Lines of the log that the guest or its VMM causes, on average; ten times as many at once. As many again for those who
     * connect and are turned away, and for how sessions begin and end.
     */
    LOG_LINES_PER_SECOND(20, Kind.NUMBER);

    /** How a value is written. */
    public enum Kind {
        NUMBER,
        BYTES
    }

    /** No table is made for more, and sums of some stay an int. */
    private static final long MOST = 1 << 20;

    /** Each may wait in the device's hand-off at once, which is to have room for a turn's requests besides. */
    private static final long MOST_CONTEXTS = 2048;

    private static final long MOST_BYTES = 1L << 46;

    private final long usual;
    private final Kind kind;

    Limit(long usual, Kind kind) {
        this.usual = usual;
        this.kind = kind;
    }

    /** The limit of this name, as it is written on the command line; null if there is none. */
    public static @Nullable Limit named(String name) {
        for (Limit limit : values()) {
            if (limit.toString().equals(name)) {
                return limit;
            }
        }
        return null;
    }

    /** What it is if nobody says otherwise. */
    public long usual() {
        return usual;
    }

    /** The largest value it may have; the smallest is 1. */
    public long largest() {
        if (this == CONTEXTS) {
            return MOST_CONTEXTS;
        }
        return kind == Kind.BYTES ? MOST_BYTES : MOST;
    }

    public Kind kind() {
        return kind;
    }

    /** The name on the command line: {@code contexts-per-second}. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
