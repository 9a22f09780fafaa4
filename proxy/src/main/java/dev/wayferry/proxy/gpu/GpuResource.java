package dev.wayferry.proxy.gpu;

import dev.wayferry.posix.OwnedFd;
import dev.wayferry.proxy.screen.Image;
import dev.wayferry.wire.gpu.VirtioGpu;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * A resource of the device. Belongs to the loop, but for the two fields that say so; a blob's file is made by the
 * {@link ResourceKeeper} and handed over.
 */
public final class GpuResource {
    static final long NOT_MAPPED = -1;

    /** How far a blob is. */
    public enum State {
        /** Its file is being made. */
        CREATING,
        /** As good as it will be; of a guest blob, until it is sent. */
        READY,
        /** Its file could not be made. */
        FAILED
    }

    private final int id;
    private final int blobMem;
    private final long size;
    private long[] backing;
    private State state;
    private boolean unmapping;
    private boolean pictured;
    private @Nullable UUID uuid;
    private final List<GpuContext> contexts = new ArrayList<>(1);
    private final List<Runnable> whenSettled = new ArrayList<>(0);

    /** Where in the host-visible region it is or will be mapped. */
    long mapOffset = NOT_MAPPED;

    /** How the guest has to map it, VIRTIO_GPU_MAP_CACHE_*. */
    int mapInfo = VirtioGpu.MAP_CACHE_CACHED;

    /** Whether the VMM has it mapped. The keeper's. */
    boolean live;

    /** Whether the VMM has it as a shared object. The keeper's. */
    boolean shared;

    private @Nullable Image image;

    /** The file of a blob, once made, until the resource goes. The keeper makes it, who takes it out closes it. */
    final AtomicReference<@Nullable OwnedFd> made = new AtomicReference<>();

    /**
     * @param blobMem VIRTIO_GPU_BLOB_MEM_*, 0 for a 2D or 3D resource
     * @param size bytes
     * @param backing pairs of guest address and length
     */
    GpuResource(int id, int blobMem, long size, long[] backing, State state) {
        this.id = id;
        this.blobMem = blobMem;
        this.size = size;
        this.backing = backing;
        this.state = state;
    }

    public int id() {
        return id;
    }

    public int blobMem() {
        return blobMem;
    }

    /** Whether it is made of the guest's own pages. */
    public boolean isGuestBlob() {
        return blobMem == VirtioGpu.BLOB_MEM_GUEST;
    }

    /** Bytes. */
    public long size() {
        return size;
    }

    public State state() {
        return state;
    }

    /** The same one always; made up when first asked for. */
    UUID uuid() {
        UUID known = uuid;
        if (known == null) {
            known = UUID.randomUUID();
            uuid = known;
        }
        return known;
    }

    /**
     * The file of a blob that is {@link State#READY}; it stays the resource's. A host blob has one; a guest blob only once
     * it was sent, see {@link GpuContextHost#share}.
     */
    public @Nullable OwnedFd file() {
        return made.get();
    }

    /** Closes the file, if it was made, once however often it is asked. */
    void closeFile() {
        OwnedFd file = made.getAndSet(null);
        if (file != null) {
            file.close();
        }
    }

    /** Pairs of guest address and length of the guest's pages behind it; never changed, only replaced by another array. */
    public long[] backing() {
        return backing;
    }

    void backing(long[] newBacking) {
        backing = newBacking;
    }

    /** The guest address of the first {@code length} bytes, or -1 if they are not one run of guest memory. */
    public long guestAddress(long length) {
        return backing.length >= 2 && backing[1] >= length ? backing[0] : -1;
    }

    /** Runs {@code task} on the loop, once, when the resource is no longer being made; at once if that is so already. */
    public void whenSettled(Runnable task) {
        if (state != State.CREATING) {
            task.run();
        } else if (!whenSettled.contains(task)) {
            whenSettled.add(task);
        }
    }

    /** Does not run {@code task} any more when the resource is made. */
    public void forgetWhenSettled(Runnable task) {
        whenSettled.remove(task);
    }

    /** Its file is being made from now on. */
    void creating() {
        state = State.CREATING;
    }

    /** The making is over. */
    void settle(boolean success) {
        state = success ? State.READY : State.FAILED;
        List<Runnable> tasks = List.copyOf(whenSettled);
        whenSettled.clear();
        tasks.forEach(Runnable::run);
    }

    List<GpuContext> contexts() {
        return contexts;
    }

    /** Whether it is, or once was, something that the screen reads. */
    boolean isPictured() {
        return pictured;
    }

    void pictured() {
        pictured = true;
    }

    /** The host's copy of a 2D resource; null for others, and without a screen. */
    @Nullable Image image() {
        return image;
    }

    void image(@Nullable Image newImage) {
        image = newImage;
        pictured |= newImage != null;
    }

    /** Whether that is its number. */
    boolean is(UUID number) {
        return number.equals(uuid);
    }

    /** Whether an unmap is under way. */
    boolean isUnmapping() {
        return unmapping;
    }

    void unmapping(boolean value) {
        unmapping = value;
    }
}
