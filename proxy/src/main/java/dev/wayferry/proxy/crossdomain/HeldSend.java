package dev.wayferry.proxy.crossdomain;

import dev.wayferry.posix.Errno;
import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.Posix;
import dev.wayferry.posix.SocketMessage;
import dev.wayferry.proxy.gpu.GpuRequest;
import dev.wayferry.proxy.gpu.GpuResource;
import dev.wayferry.wire.crossdomain.CrossDomain;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A SEND that waits, and after it another, so that a stream which stops and goes allocates nothing. It has descriptors of its own for the files that it names, as the guest may detach and unref those as
 * soon as it has submitted the SEND: a blob that is still being made is taken hold of once it is made.
 */
final class HeldSend {
    private static final int NO_FD = -1;

    private @Nullable GpuRequest request;
    private long offset;
    private int length;
    private final int[] fds = new int[CrossDomain.MAX_IDENTIFIERS];
    private final @Nullable GpuResource[] unmade = new GpuResource[CrossDomain.MAX_IDENTIFIERS];
    private final @Nullable GpuResource[] named = new GpuResource[CrossDomain.MAX_IDENTIFIERS];
    private @Nullable Runnable made;
    private int fileCount;
    private int unmadeCount;
    private @Nullable String wrong;

    /**
     * Becomes the SEND of {@code length} bytes from {@code offset} of the request on.
     *
     * @param newFileCount files that go with its first byte, each to be said by {@link #file} or {@link #fileBeingMade}
     */
    HeldSend begin(GpuRequest newRequest, long newOffset, int newLength, int newFileCount) {
        request = newRequest;
        offset = newOffset;
        length = newLength;
        fileCount = newFileCount;
        Arrays.fill(fds, 0, fileCount, NO_FD);
        return this;
    }

    /** It waits no more. Its files are closed: they have gone, or never will. */
    void end() {
        closeFiles();
        for (int i = 0; i < fileCount; i++) {
            GpuResource resource = unmade[i];
            if (resource != null && made != null) {
                // Otherwise contexts that come and go while nothing is made would all be kept.
                resource.forgetWhenSettled(made);
            }
        }
        Arrays.fill(unmade, 0, fileCount, null);
        Arrays.fill(named, 0, fileCount, null);
        request = null;
        made = null;
        fileCount = 0;
        unmadeCount = 0;
        wrong = null;
    }

    GpuRequest request() {
        if (request == null) {
            throw new IllegalStateException("it waits no more");
        }
        return request;
    }

    long offset() {
        return offset;
    }

    int length() {
        return length;
    }

    /** The file at {@code index} is {@code fd}, which stays the caller's, of {@code resource}, if it is not a pipe. */
    void file(int index, int fd, @Nullable GpuResource resource) {
        named[index] = resource;
        fds[index] = Posix.dup(fd);
        if (fds[index] < 0) {
            wrong = "SEND: dup: " + Errno.name(fds[index]);
        }
    }

    /** The file at {@code index} will be that of {@code resource}; {@code whenMade} is run when it is there. */
    void fileBeingMade(int index, GpuResource resource, Runnable whenMade) {
        unmade[index] = resource;
        unmadeCount++;
        made = whenMade;
        resource.whenSettled(whenMade);
    }

    /** Takes hold of the files that have been made meanwhile. */
    void takeMade() {
        for (int i = 0; i < fileCount && unmadeCount > 0; i++) {
            GpuResource resource = unmade[i];
            if (resource != null && resource.state() != GpuResource.State.CREATING) {
                unmade[i] = null;
                unmadeCount--;
                OwnedFd made = resource.file();
                if (made == null) {
                    wrong = "SEND names resource " + resource.id() + ", which could not be made";
                } else {
                    file(i, made.number(), resource);
                }
            }
        }
    }

    boolean isBeingMade() {
        return unmadeCount > 0;
    }

    /** Why it can't be sent; null when it can. */
    @Nullable String wrong() {
        return wrong;
    }

    /** Its first {@code count} bytes have gone, and the files with them. */
    void advance(int count) {
        if (count > 0) {
            offset += count;
            length -= count;
            closeFiles();
        }
    }

    /** Puts the files into the message; they stay this object's. */
    void addTo(SocketMessage message) {
        for (int i = 0; i < fileCount; i++) {
            if (fds[i] != NO_FD) {
                // There are fewer than a message has room for.
                boolean unused = message.addFd(fds[i]);
            }
        }
    }

    /** Sends it by the inspected path, with that one's result. */
    int sendBy(InspectedPath path) {
        return path.send(request(), offset, length, fds, named, fileCount);
    }

    private void closeFiles() {
        for (int i = 0; i < fileCount; i++) {
            if (fds[i] >= 0) {
                Posix.close(fds[i]);
                fds[i] = NO_FD;
            }
        }
    }
}
