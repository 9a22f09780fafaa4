package dev.wayferry.examples.bench.guest;

import dev.wayferry.examples.loopback.WindowMemory;
import dev.wayferry.wire.crossdomain.CrossDomain;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.util.HashMap;
import java.util.Map;

/** Pictures in blobs of a {@link GpuGuest}. */
final class GpuPictures implements Pictures {
    /** As sommelier asks for what the compositor is to get by zwp_linux_dmabuf: linear, for scanout. */
    private static final int FOR_DMABUF = 0x11;

    /** Linear, and for no use by a GPU, which is what a wl_shm pool needs. */
    private static final int FOR_SHM = 0x10;

    private final GpuGuest guest;
    private final GpuBlobs blobs;
    private final Map<Integer, Made> made = new HashMap<>();

    /** What a picture lies in; the arena unmaps it. */
    private record Made(GpuBlobs.Blob blob, Arena arena) {}

    GpuPictures(GpuGuest guest, GpuBlobs blobs) {
        this.guest = guest;
        this.blobs = blobs;
    }

    @Override
    public Picture make(int connection, Kind kind, int width, int height) throws IOException {
        return kind == Kind.GUEST ? ofGuest(connection, width, height) : ofHost(connection, kind, width, height);
    }

    private Picture ofGuest(int connection, int width, int height) throws IOException {
        int stride = width * Integer.BYTES;
        GpuBlobs.Blob blob = blobs.createGuest(connection, (long) stride * height);
        made.put(blob.resource, new Made(blob, Arena.ofConfined()));
        return new Picture(
                guest.memory().asSlice(blob.page, blob.size), stride, 0, (int) blob.size, 0, blob.resource);
    }

    private Picture ofHost(int connection, Kind kind, int width, int height) throws IOException {
        boolean dmaBuf = kind == Kind.DMABUF;
        GpuBlobs.Blob blob = blobs.createHost(connection, width, height, dmaBuf ? FOR_DMABUF : FOR_SHM);
        blobs.map(connection, blob);
        Arena arena = Arena.ofConfined();
        made.put(blob.resource, new Made(blob, arena));
        WindowMemory memory = blobs.memory(blob, arena);
        Picture picture = new Picture(
                memory.memory().asSlice(blob.offset),
                blob.stride,
                blob.offset,
                (int) blob.size,
                blob.modifier,
                blob.resource);
        if (dmaBuf && !memory.isDmaBuf()) {
            free(connection, picture);
            throw new UnsuitableException("the back-end's images are no dma-bufs on this host");
        }
        return picture;
    }

    @Override
    public void share(int connection, int length, Picture picture) throws IOException {
        guest.sendNaming(connection, length, picture.blob(), CrossDomain.ID_TYPE_VIRTGPU_BLOB);
    }

    @Override
    public void free(int connection, Picture picture) throws IOException {
        Made gone = made.remove(picture.blob());
        if (gone == null) {
            throw new IllegalStateException("picture " + picture.blob() + " was freed");
        }
        gone.arena.close();
        if (gone.blob.windowOffset >= 0) {
            blobs.unmap(connection, gone.blob);
        }
        blobs.destroy(connection, gone.blob);
    }
}
