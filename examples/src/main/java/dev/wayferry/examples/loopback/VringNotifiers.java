package dev.wayferry.examples.loopback;

import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.Posix;
import dev.wayferry.posix.PosixException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/** One queue's eventfds: call and err for the VMM's whole life, kick a new one at each start of the device. */
final class VringNotifiers implements AutoCloseable {
    private static final MemorySegment ONE = Arena.global().allocateFrom(ValueLayout.JAVA_LONG, 1L);

    private final OwnedFd call;
    private final OwnedFd err;
    private volatile @Nullable OwnedFd kick;

    VringNotifiers() throws PosixException {
        call = OwnedFd.of(Posix.eventfd(), "eventfd");
        err = OwnedFd.of(Posix.eventfd(), "eventfd");
    }

    int call() {
        return call.number();
    }

    int err() {
        return err.number();
    }

    /** Makes the kick descriptor, which has fired already, as QEMU's; it stays this object's. */
    int openKick() throws PosixException {
        OwnedFd opened = OwnedFd.of(Posix.eventfd(), "eventfd");
        closeKick();
        kick = opened;
        fire(opened.number());
        return opened.number();
    }

    void closeKick() {
        OwnedFd old = kick;
        kick = null;
        if (old != null) {
            old.close();
        }
    }

    /** Does nothing while there is no kick descriptor. */
    void kick() {
        OwnedFd open = kick;
        if (open != null) {
            fire(open.number());
        }
    }

    /** Adds one to an eventfd. */
    static void fire(int eventfd) {
        Posix.write(eventfd, ONE);
    }

    @Override
    public void close() {
        call.close();
        err.close();
        closeKick();
    }
}
