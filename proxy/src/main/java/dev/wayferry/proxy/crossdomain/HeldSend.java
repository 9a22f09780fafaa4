package dev.wayferry.proxy.crossdomain;

import dev.wayferry.posix.Errno;
import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.Posix;
import dev.wayferry.posix.SocketMessage;
import dev.wayferry.proxy.gpu.GpuRequest;
import dev.wayferry.proxy.gpu.GpuResource;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A SEND that waits. It has descriptors of its own for the files that it names, as the guest may detach and unref those as
 * soon as it has submitted the SEND: a blob that is still being made is taken hold of once it is made.
 */
final class HeldSend {
    private static final int NO_FD = -1;

    private final GpuRequest request;
    private long offset;
    private int length;
    private final int[] fds;
    private final @Nullable GpuResource[] unmade;
    private final @Nullable GpuResource[] named;
    private int unmadeCount;
    private @Nullable String wrong;

    /**
     * The SEND of {@code length} bytes from {@code offset} of the request on.
     *
     * @param fileCount files that go with its first byte, each to be said by {@link #file} or {@link #fileBeingMade}
     */
    HeldSend(GpuRequest request, long offset, int length, int fileCount) {
        this.request = request;
        this.offset = offset;
        this.length = length;
        this.fds = new int[fileCount];
        this.unmade = new GpuResource[fileCount];
        this.named = new GpuResource[fileCount];
        Arrays.fill(fds, NO_FD);
    }

    GpuRequest request() {
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

    /** The file at {@code index} will be that of {@code resource}. */
    void fileBeingMade(int index, GpuResource resource) {
        unmade[index] = resource;
        unmadeCount++;
    }

    /** Takes hold of the files that have been made meanwhile. */
    void takeMade() {
        for (int i = 0; i < unmade.length && unmadeCount > 0; i++) {
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
        for (int fd : fds) {
            if (fd != NO_FD) {
                // There are fewer than a message has room for.
                boolean unused = message.addFd(fd);
            }
        }
    }

    /** Sends it by the inspected path, with that one's result. */
    int sendBy(InspectedPath path) {
        return path.send(request, offset, length, fds, named, fds.length);
    }

    /** Closes the files: they have gone, or never will. */
    void closeFiles() {
        for (int i = 0; i < fds.length; i++) {
            if (fds[i] >= 0) {
                Posix.close(fds[i]);
                fds[i] = NO_FD;
            }
        }
    }
}
