package dev.wayferry.proxy.crossdomain;

import dev.wayferry.bridge.Budget;
import dev.wayferry.bridge.mirror.RefusedException;
import dev.wayferry.bridge.mirror.ShmMirror;
import dev.wayferry.posix.Errno;
import dev.wayferry.proxy.gpu.GpuContextHost;
import dev.wayferry.proxy.gpu.GpuRequest;
import dev.wayferry.proxy.gpu.GpuResource;
import dev.wayferry.proxy.stats.Counter;
import dev.wayferry.proxy.stats.Counters;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * The way of a SEND where guest blobs are copied: its bytes are copied once, and what is looked at is what is sent, whatever
 * the guest writes meanwhile.
 */
final class InspectedPath implements MirrorTurns.Stream, AutoCloseable {
    private final Channel channel;
    private final Counters counters;
    private final MirrorTurns turns;
    private final ShmMirror mirror;
    private final GpuContextHost host;
    private final Runnable ready;

    /** What all contexts may have waiting, of which the start of a message takes its part until the rest has come. */
    private final Budget queued;

    private @Nullable String refusal;

    /** @param ready run when {@link #send} may have room again */
    InspectedPath(Channel channel, CrossDomainFactory shared, GpuContextHost host, Runnable ready) {
        this.channel = channel;
        this.counters = shared.counters;
        this.mirror = new ShmMirror(shared.iovecs, shared.mirroredObjects);
        this.turns = shared.mirrorTurns;
        this.host = host;
        this.ready = ready;
        this.queued = shared.queued;
    }

    /**
     * Sends {@code length} bytes of a request with {@code count} files, which stay the caller's.
     *
     * @param named the resource of each file, null for pipes
     * @return {@code length}, or 0 when there is no room yet or this turn has copied enough, or a negative error number
     */
    int send(GpuRequest request, long offset, int length, int[] files, @Nullable GpuResource[] named, int count) {
        if (!hasRoom(length, count) || !turns.mayGo(this)) {
            return 0;
        }
        byte[] bytes = new byte[length];
        if (request.chain().read(offset, MemorySegment.ofArray(bytes), 0, length) != length) {
            return -Errno.EFAULT;
        }
        try {
            for (int i = 0; i < count; i++) {
                GpuResource resource = named[i];
                if (resource == null) {
                    mirror.addFile(files[i]);
                } else {
                    mirror.addMemory(files[i], resource.isGuestBlob() ? new BackingPages(resource, host::memory) : null);
                }
            }
            accept(bytes);
        } catch (RefusedException e) {
            refusal = e.getMessage();
            return -Errno.EPROTO;
        }
        if (mirror.messages().length == 0) {
            return length;
        }
        int result = channel.sendOwn(mirror.messages(), mirror.takeFiles());
        mirror.passedOn();
        return result < 0 ? result : length;
    }

    /** Whether the last SEND has to wait for what other turns are for, and not for the compositor. */
    boolean awaitsTurn() {
        return turns.isWaiting(this);
    }

    @Override
    public void goOn() {
        ready.run();
    }

    private boolean hasRoom(int length, int count) {
        // What is held goes along with the rest, and is not to be counted twice.
        int held = mirror.heldBytes();
        queued.giveBack(held);
        boolean room = channel.hasRoom(held + length, mirror.heldFiles() + count);
        queued.take(held);
        return room;
    }

    private void accept(byte[] bytes) throws RefusedException {
        long mirrored = mirror.copied();
        int before = mirror.heldBytes();
        int all = before + bytes.length;
        // Where a message is cut, its bytes are put together with those that waited, and what is whole is cut off.
        int copies = 1 + (all > bytes.length ? 1 : 0);
        try {
            mirror.accept(bytes);
        } finally {
            // Also what was copied before something was refused has taken its time.
            turns.copied(mirror.copied() - mirrored);
        }
        copies += mirror.heldBytes() > 0 ? 1 : 0;
        queued.giveBack(before);
        queued.take(mirror.heldBytes());
        counters.copied(Counter.COPIED_INSPECTED, (long) copies * all);
        counters.copied(Counter.COPIED_MIRRORED, mirror.copied() - mirrored);
    }

    /** Why the last SEND failed, if it was not for the socket. */
    @Nullable String refusal() {
        return refusal;
    }

    @Override
    public void close() {
        turns.forget(this);
        queued.giveBack(mirror.heldBytes());
        mirror.close();
    }
}
