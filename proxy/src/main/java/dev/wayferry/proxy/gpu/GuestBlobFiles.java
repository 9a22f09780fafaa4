package dev.wayferry.proxy.gpu;

import dev.wayferry.bridge.PageFiles;
import dev.wayferry.bridge.Udmabuf;
import dev.wayferry.proxy.memory.GuestMemory;
import dev.wayferry.proxy.memory.GuestRegion;
import java.io.IOException;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** How guest blobs become files, which a compositor can be sent. */
public interface GuestBlobFiles extends AutoCloseable {
    /**
     * What a guest blob's file will be made of.
     *
     * @param source makes it
     * @param regions those whose pages it has: it has to go when one of them does
     */
    record Plan(BlobSource source, Set<GuestRegion> regions) {}

    /**
     * Plans the file of a guest blob. On the loop.
     *
     * @param backing pairs of guest address and length
     * @param size the blob's bytes
     * @throws IOException why there can't be one
     */
    Plan plan(GuestMemory memory, long[] backing, long size) throws IOException;

    /** Whether the files are the host's own memory, into which whoever sends them has to copy what the guest draws. */
    default boolean areCopies() {
        return false;
    }

    /** Why blobs in this region can have no file, and what would help; null if they can. */
    @Nullable String refusal(GuestRegion region);

    /** What will become of guest blobs, in a few words for the log. */
    String description();

    @Override
    void close();

    /** Files over the blobs' own pages; takes ownership of {@code pageFiles}, which makes them. */
    static GuestBlobFiles shared(PageFiles pageFiles) {
        return new SharedGuestPages(pageFiles);
    }

    /** The way that the command line asks for, as far as this host has it. */
    static GuestBlobFiles open(GuestShm wanted) {
        if (wanted == GuestShm.COPY) {
            return new MirroredGuestBlobs();
        }
        if (wanted == GuestShm.REFUSE) {
            return new NoGuestBlobFiles("--guest-shm=refuse says so; --guest-shm=copy copies");
        }
        try {
            return shared(Udmabuf.open());
        } catch (IOException e) {
            return new NoGuestBlobFiles(
                    "there is no /dev/udmabuf to be had (" + e.getMessage() + "); --guest-shm=copy does without");
        }
    }
}
