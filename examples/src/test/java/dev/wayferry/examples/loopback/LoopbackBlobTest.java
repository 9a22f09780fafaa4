package dev.wayferry.examples.loopback;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wayferry.examples.testing.GuestChannel;
import dev.wayferry.examples.testing.HostSocket.Connection;
import dev.wayferry.examples.virtgpu.VirtGpuBlob;
import dev.wayferry.examples.virtgpu.VirtGpuContext;
import dev.wayferry.posix.Errno;
import dev.wayferry.posix.Memory;
import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.PosixException;
import dev.wayferry.wire.crossdomain.CrossDomain;
import dev.wayferry.wire.crossdomain.CrossDomainImageRequirements;
import dev.wayferry.wire.gpu.VirtioGpu;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Blobs, their handles and their files. */
class LoopbackBlobTest extends HostProcessFixture {
    private static final int XRGB8888 = 0x34325258;
    private static final int SIZE = 64 * 64 * 4;
    private static final int POLL_MASK = 1 << CrossDomain.CHANNEL_RING;

    @SuppressWarnings("NullAway.Init")
    private LoopbackGpu gpu;

    @SuppressWarnings("NullAway.Init")
    private GuestChannel guest;

    @SuppressWarnings("NullAway.Init")
    private Connection connection;

    private int image;

    @BeforeEach
    void openChannel() throws IOException {
        gpu = connect();
        guest = new GuestChannel(gpu);
        connection = host.accept();
        CrossDomainImageRequirements requirements = guest.imageRequirements(64, 64, XRGB8888);
        assertEquals(SIZE, requirements.size());
        image = requirements.blobId();
    }

    @AfterEach
    void closeChannel() throws IOException {
        guest.close();
        connection.close();
        gpu.close();
        assertEquals(List.of(), gpu.vmm().violations(), this::logOfProcess);
        assertEquals(0, gpu.vmm().mappings());
    }

    private void awaitMappings(int count) throws IOException {
        gpu.driver().await(() -> gpu.vmm().mappings() == count && gpu.driver().isQuiet(), count + " mappings");
    }

    @Test
    void blobsOfOneTemplateAreApart() throws IOException {
        try (VirtGpuBlob one = guest.hostBlob(image, SIZE);
                VirtGpuBlob other = guest.hostBlob(image, SIZE)) {
            assertNotEquals(one.resourceId(), other.resourceId());
            one.map().fill((byte) 1);
            other.map().fill((byte) 2);
            assertEquals(1, one.map().get(ValueLayout.JAVA_BYTE, 0));
            assertEquals(2, other.map().get(ValueLayout.JAVA_BYTE, SIZE - 1));
        }
    }

    @Test
    void aNewBlobIsAllZeroInTheRangeOfAnOldOne() throws IOException {
        for (int i = 0; i < 50; i++) {
            try (VirtGpuBlob blob = guest.hostBlob(image, SIZE)) {
                MemorySegment memory = blob.map();
                for (int at = 0; at < SIZE; at += 1000) {
                    assertEquals(0, memory.get(ValueLayout.JAVA_BYTE, at));
                }
                memory.fill((byte) i);
            }
            awaitMappings(0);
        }
    }

    @Test
    void resourceNumbersAreNeverUsedAgain() throws IOException {
        int last = 0;
        for (int i = 0; i < 5; i++) {
            try (VirtGpuBlob blob = guest.hostBlob(image, SIZE)) {
                assertTrue(blob.resourceId() > last);
                last = blob.resourceId();
            }
        }
    }

    @Test
    void anExportedFileIsTheBlobsMemory() throws IOException {
        try (VirtGpuBlob blob = guest.hostBlob(image, SIZE);
                OwnedFd file = blob.export();
                Arena arena = Arena.ofConfined()) {
            MemorySegment mapped =
                    Memory.map(file.number(), 0, SIZE, Memory.PROT_READ | Memory.PROT_WRITE, arena);
            mapped.set(ValueLayout.JAVA_INT, 4, 42);
            assertEquals(42, blob.map().get(ValueLayout.JAVA_INT, 4));
        }
    }

    @Test
    void anImportedBlobIsTheSameResource() throws IOException {
        try (VirtGpuBlob blob = guest.hostBlob(image, SIZE);
                OwnedFd file = blob.export();
                VirtGpuContext other = gpu.openContext(VirtioGpu.CAPSET_CROSS_DOMAIN, 2, POLL_MASK)) {
            blob.map().fill((byte) 9);
            VirtGpuBlob imported = other.importBlob(file.number());
            VirtGpuBlob again = other.importBlob(file.number());
            VirtGpuBlob own = guest.context().importBlob(file.number());
            assertEquals(blob.resourceId(), imported.resourceId());
            assertEquals(blob.resourceId(), again.resourceId());
            assertEquals(blob.resourceId(), own.resourceId());
            own.close();
            imported.close();
            assertEquals(9, again.map().get(ValueLayout.JAVA_BYTE, 0));
            blob.close();
            awaitQuiet();
            assertEquals(1, gpu.vmm().mappings(), "the other context still holds it");
            assertEquals(9, again.map().get(ValueLayout.JAVA_BYTE, 0));
            again.close();
            awaitMappings(0);
        }
        assertEquals(List.of(), gpu.driver().errors(), this::logOfProcess);
    }

    private void awaitQuiet() throws IOException {
        gpu.driver().await(gpu.driver()::isQuiet, "quiet");
    }

    @Test
    void foreignFilesCannotBeImported() throws IOException {
        try (OwnedFd foreign = OwnedFd.of(Memory.sealedMemfd("foreign", SIZE), "memfd")) {
            PosixException refused = assertThrows(
                    PosixException.class, () -> guest.context().importBlob(foreign.number()));
            assertEquals(Errno.ENODEV, refused.errno());
        }
    }

    @Test
    void aBlobTheHostRefusesCannotBeMapped() throws IOException {
        try (VirtGpuBlob blob = guest.hostBlob(4711, SIZE)) {
            PosixException refused = assertThrows(PosixException.class, blob::map);
            assertEquals(Errno.EINVAL, refused.errno());
        }
        awaitQuiet();
        String first = gpu.driver().errors().getFirst();
        assertTrue(first.endsWith("to RESOURCE_CREATE_BLOB of context 1"), first);
    }

    @Test
    void guestBlobsHaveNoFile() throws IOException {
        try (VirtGpuBlob blob = guest.context()
                .createBlob(VirtioGpu.BLOB_MEM_GUEST, VirtioGpu.BLOB_FLAG_USE_MAPPABLE, 10_000, 0)) {
            assertEquals(12_288, blob.size());
            blob.map().fill((byte) 3);
            assertThrows(UnsupportedOperationException.class, blob::export);
        }
    }

    @Test
    void closingTheContextClosesItsBlobs() throws IOException {
        List<VirtGpuBlob> left = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            left.add(guest.hostBlob(image, SIZE));
            left.get(i).map();
        }
        awaitMappings(10);
        guest.close();
        awaitMappings(0);
        for (VirtGpuBlob blob : left) {
            blob.close();
        }
        guest = new GuestChannel(gpu);
        assertEquals(List.of(), gpu.driver().errors(), this::logOfProcess);
    }

    @Test
    void manyBlobsAreRefusedBeforeTheyEndTheVmm() throws IOException {
        List<VirtGpuBlob> blobs = new ArrayList<>();
        int refused = 0;
        for (int i = 0; i < 520; i++) {
            VirtGpuBlob blob = guest.hostBlob(image, SIZE);
            blobs.add(blob);
            try {
                blob.map();
            } catch (PosixException e) {
                refused++;
            }
        }
        assertEquals(40, refused);
        assertEquals(480, gpu.vmm().mappings());
        for (VirtGpuBlob blob : blobs) {
            blob.close();
        }
        awaitMappings(0);
        try (VirtGpuBlob blob = guest.hostBlob(image, SIZE)) {
            blob.map();
        }
    }
}
