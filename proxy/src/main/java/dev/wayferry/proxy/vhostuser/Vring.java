package dev.wayferry.proxy.vhostuser;

import dev.wayferry.posix.OwnedFd;
import dev.wayferry.proxy.loop.EventLoop;
import org.jspecify.annotations.Nullable;

/** What the front-end has said of one ring. Belongs to the session's thread, but for the registration, the loop's. */
final class Vring {
    static final int NO_FD = -1;

    int num;
    /** The VMM's own addresses of the ring's parts (SET_VRING_ADDR), not the guest's. */
    long descriptor;

    long available;
    long used;
    boolean hasAddress;
    int base;
    boolean enabled;
    boolean kickSet;
    @Nullable OwnedFd kick;
    @Nullable OwnedFd call;
    @Nullable OwnedFd err;
    boolean started;

    EventLoop.@Nullable Registration registration;

    int callNumber() {
        return call == null ? NO_FD : call.number();
    }

    int errNumber() {
        return err == null ? NO_FD : err.number();
    }

    static void close(@Nullable OwnedFd fd) {
        if (fd != null) {
            fd.close();
        }
    }

    /** Closes its descriptors; the next start brings new ones. */
    void closeFds() {
        close(kick);
        close(call);
        close(err);
        kick = null;
        call = null;
        err = null;
        kickSet = false;
    }
}
