package dev.wayferry.examples.guestproxy;

import dev.wayferry.bridge.PageFiles;
import dev.wayferry.bridge.Udmabuf;
import dev.wayferry.examples.virtgpu.VirtGpuBlob;
import dev.wayferry.examples.virtgpu.VirtGpuDevice;
import dev.wayferry.posix.Memory;
import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.Posix;
import dev.wayferry.wire.crossdomain.CrossDomain;
import dev.wayferry.wire.wayland.WaylandWriter;
import dev.wayferry.wire.wayland.WlDisplay;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Programs' own memory as dma-bufs, which the GPU takes as blobs, where all three do their part: the guest's /dev/udmabuf,
 * its virtio_gpu (which has to import dma-bufs of others; Linux 6.12 and 7.2 refuse with ENODEV while 3D is on), and the
 * host. Elsewhere what is damaged is copied. Tried out once, at the start. For all connections.
 */
final class ClientPages implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ClientPages.class);

    private static final int CALLBACK_ID = 2;
    private static final int MESSAGE_SIZE = 12;
    private static final int PATIENCE_MILLIS = 5000;

    /** Null where memory is copied. */
    private final @Nullable PageFiles pageFiles;

    private ClientPages(@Nullable PageFiles pageFiles) {
        this.pageFiles = pageFiles;
    }

    /** Tries the guest's /dev/udmabuf out. */
    static ClientPages probe(VirtGpuDevice device) {
        try {
            return probe(device, Udmabuf.open());
        } catch (IOException e) {
            LOG.info("wl_shm: what is damaged is copied once: {}", e.getMessage());
            return none();
        }
    }

    static ClientPages none() {
        return new ClientPages(null);
    }

    /** Tries {@code pageFiles} out, of which it takes ownership. */
    static ClientPages probe(VirtGpuDevice device, PageFiles pageFiles) {
        String wrong;
        try {
            wrong = tryOut(device, pageFiles);
        } catch (IOException e) {
            wrong = String.valueOf(e.getMessage());
        }
        if (wrong == null) {
            LOG.info("wl_shm: the host gets programs' own memory, without a copy");
            return new ClientPages(pageFiles);
        }
        LOG.info("wl_shm: what is damaged is copied once: {}", wrong);
        pageFiles.close();
        return none();
    }

    /** Null, or why it does not go. */
    private static @Nullable String tryOut(VirtGpuDevice device, PageFiles pageFiles) throws IOException {
        try (OwnedFd page = OwnedFd.of(Memory.sealedMemfd("wayferry-probe", Memory.PAGE_SIZE), "memfd");
                OwnedFd wrapped = pageFiles.create(
                        List.of(new PageFiles.Piece(page.number(), 0, Memory.PAGE_SIZE)));
                CrossDomainChannel channel = CrossDomainChannel.open(device, new GuestProxyCounters())) {
            VirtGpuBlob blob;
            try {
                blob = channel.importBlob(wrapped.number());
            } catch (IOException e) {
                return "virtio_gpu imports no dma-bufs of others: " + e.getMessage();
            }
            try (blob) {
                return hostTakes(channel, blob)
                        ? null
                        : "the host takes no guest blobs, or reaches no compositor";
            }
        }
    }

    /**
     * Sends the blob with a request that takes no file, and waits for the answer. A host that can't send it on ends the
     * connection, of which only its log says why; a compositor keeps the file until this connection ends.
     */
    private static boolean hostTakes(CrossDomainChannel channel, VirtGpuBlob blob) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment message = arena.allocate(MESSAGE_SIZE, Long.BYTES);
            WaylandWriter writer = new WaylandWriter().wrap(message, 0);
            writer.begin(ObjectTable.DISPLAY_ID, WlDisplay.SYNC).putInt(CALLBACK_ID).end();
            Identifiers files = new Identifiers();
            files.add(CrossDomain.ID_TYPE_VIRTGPU_BLOB, blob.resourceId());
            channel.send(message, 0, writer.position(), files);
            channel.flush();
            channel.poll();
            return Posix.poll(channel.eventFd(), Posix.POLLIN, PATIENCE_MILLIS) > 0
                    && channel.takeMessage() == CrossDomain.CMD_RECEIVE
                    && channel.received().opaqueDataSize() > 0;
        }
    }

    /**
     * A dma-buf of the first {@code size} bytes of a program's file, in whole pages; null where memory is copied, or the
     * file is none for which this works.
     */
    @Nullable OwnedFd wrap(int fd, long size) throws IOException {
        long rounded = Memory.roundUpToPage(size);
        if (pageFiles == null || rounded > pageFiles.sizeLimit() || !isSealed(fd)) {
            return null;
        }
        return pageFiles.create(List.of(new PageFiles.Piece(fd, 0, rounded)));
    }

    /** Whether the file can't shrink any more: its program may have forgotten to say so. */
    private static boolean isSealed(int fd) {
        int seals = Memory.seals(fd);
        if (seals >= 0 && (seals & (Memory.F_SEAL_SHRINK | Memory.F_SEAL_SEAL)) == 0) {
            int unused = Memory.addSeals(fd, Memory.F_SEAL_SHRINK);
            seals = Memory.seals(fd);
        }
        return Udmabuf.accepts(seals);
    }

    @Override
    public void close() {
        if (pageFiles != null) {
            pageFiles.close();
        }
    }
}
