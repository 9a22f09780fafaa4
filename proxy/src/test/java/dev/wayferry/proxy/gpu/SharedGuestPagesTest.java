package dev.wayferry.proxy.gpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wayferry.bridge.PageFiles;
import dev.wayferry.posix.Memory;
import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.Posix;
import dev.wayferry.posix.PosixException;
import dev.wayferry.proxy.memory.GuestMemory;
import dev.wayferry.proxy.memory.GuestRegion;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which pages of which files a guest blob is, and which blobs can't be shared. */
class SharedGuestPagesTest {
    private static final long PAGE = Memory.PAGE_SIZE;
    private static final long HIGH = 1L << 32;

    /** A device that makes nothing. */
    private static final class Limits implements PageFiles {
        @Override
        public int listLimit() {
            return 3;
        }

        @Override
        public long sizeLimit() {
            return 16 * PAGE;
        }

        @Override
        public OwnedFd create(List<Piece> pieces) {
            throw new AssertionError("only planned");
        }

        @Override
        public void close() {}
    }

    private final SharedGuestPages files = new SharedGuestPages(new Limits());
    private final GuestRegion low = region(0, 64, 0);
    private final GuestRegion high = region(HIGH, 32, 16);
    private final GuestMemory memory = GuestMemory.of(List.of(low, high));

    private static GuestRegion region(long start, int pages, int filePages) {
        try {
            OwnedFd file = OwnedFd.of(Memory.memfdCreate("ram"), "memfd");
            PosixException.check(Memory.ftruncate(file.number(), (pages + filePages) * PAGE), "ftruncate");
            return GuestRegion.map(start, pages * PAGE, 1L << 40, file, filePages * PAGE);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @AfterEach
    void close() {
        low.close();
        high.close();
    }

    private List<SharedGuestPages.Run> runs(long size, long... backing) throws IOException {
        return SharedGuestPages.runs(memory, backing, size);
    }

    private String refused(long size, long... backing) {
        return String.valueOf(assertThrows(IOException.class, () -> files.plan(memory, backing, size)).getMessage());
    }

    @Test
    void mergesAdjacentPagesOfARegion() throws IOException {
        assertEquals(
                List.of(new SharedGuestPages.Run(low, 2 * PAGE, 3 * PAGE), new SharedGuestPages.Run(low, PAGE, PAGE)),
                runs(4 * PAGE, 2 * PAGE, PAGE, 3 * PAGE, 2 * PAGE, PAGE, PAGE));
    }

    @Test
    void mergesNoPagesOfDifferentRegions() throws IOException {
        assertEquals(
                List.of(new SharedGuestPages.Run(low, 63 * PAGE, PAGE), new SharedGuestPages.Run(high, 0, PAGE)),
                runs(2 * PAGE, 63 * PAGE, PAGE, HIGH, PAGE));
    }

    @Test
    void cutsTheLastPieceToTheBlobsSizeInWholePages() throws IOException {
        assertEquals(List.of(new SharedGuestPages.Run(low, 0, 2 * PAGE)), runs(2 * PAGE, 0, 8 * PAGE));
        try (OwnedFd unused = plannedFile(PAGE + 1)) {
            assertEquals(2 * PAGE, planned.size());
        }
    }

    private PageFiles.Piece planned = new PageFiles.Piece(-1, 0, 0);

    /** Makes the file of a blob of {@code size} bytes at the start of the high region. */
    private OwnedFd plannedFile(long size) throws IOException {
        SharedGuestPages making = new SharedGuestPages(new PageFiles() {
            @Override
            public int listLimit() {
                return 1;
            }

            @Override
            public long sizeLimit() {
                return 16 * PAGE;
            }

            @Override
            public OwnedFd create(List<Piece> pieces) throws IOException {
                planned = pieces.getFirst();
                return OwnedFd.of(Posix.dup(planned.memfd()), "dup");
            }

            @Override
            public void close() {}
        });
        return making.plan(memory, new long[] {HIGH, 8 * PAGE}, size).source().make();
    }

    @Test
    void countsFromWhereTheRegionBeginsInItsFile() throws IOException {
        try (OwnedFd unused = plannedFile(PAGE)) {
            assertEquals(16 * PAGE, planned.offset());
        }
    }

    @Test
    void refusesWhatIsNoWholePages() {
        assertTrue(refused(PAGE, 100, PAGE).contains("entry 0 addr 0x64 length 4096 is not whole pages of 4096"));
        assertTrue(refused(2 * PAGE, 0, 100, PAGE, PAGE).contains("length 100 is not whole pages"));
    }

    @Test
    void refusesWhatIsTooShortOrOutside() {
        assertTrue(refused(3 * PAGE, 0, 2 * PAGE).contains("8192 bytes, 4096 too few"));
        assertTrue(refused(PAGE).contains("too few"));
        assertTrue(refused(2 * PAGE, 63 * PAGE, 2 * PAGE).contains("outside guest memory"));
        assertTrue(refused(PAGE, -PAGE, PAGE).contains("outside guest memory"));
    }

    @Test
    void namesTheLimitThatABlobIsAbove() {
        assertTrue(refused(17 * PAGE, 0, 17 * PAGE).contains(
                17 * PAGE + " bytes, /dev/udmabuf takes " + 16 * PAGE + " at most (module parameter udmabuf.size_limit_mb)"));
        assertTrue(refused(4 * PAGE, 0, PAGE, 2 * PAGE, PAGE, 4 * PAGE, PAGE, 6 * PAGE, PAGE).contains(
                "4 pieces of guest memory, /dev/udmabuf takes 3 at most (module parameter udmabuf.list_limit)"));
        assertTrue(refused(Long.MAX_VALUE, 0, PAGE).contains("udmabuf.size_limit_mb"));
    }

    @Test
    void sealsMemoryAgainstShrinkingWhereItMay() {
        assertEquals(Memory.F_SEAL_SHRINK, low.file() == null ? 0 : low.file().seals());
        assertNull(files.refusal(low));
    }

    @Test
    void saysWhichMemoryOfTheVmmsCanNotBeSharedAndWhatHelps(@TempDir Path folder) throws IOException {
        OwnedFd sealed = OwnedFd.of(Memory.memfdCreate("sealed"), "memfd");
        PosixException.check(Memory.ftruncate(sealed.number(), PAGE), "ftruncate");
        assertEquals(0, Memory.addSeals(sealed.number(), Memory.F_SEAL_SEAL));
        try (GuestRegion region = GuestRegion.map(0, PAGE, 1L << 40, sealed, 0)) {
            String refusal = String.valueOf(files.refusal(region));
            assertTrue(refusal.contains("[0x0, 0x1000) is the file /memfd:sealed"), refusal);
            assertTrue(refusal.contains("seals are 0x1"), refusal);
            assertTrue(refusal.contains("seal=on"), refusal);
        }
        Path plain = folder.resolve("ram");
        Files.write(plain, new byte[(int) PAGE]);
        OwnedFd file = OwnedFd.of(Posix.open(plain.toString(), Posix.O_RDWR), "file");
        try (GuestRegion region = GuestRegion.map(0, PAGE, 1L << 40, file, 0)) {
            String refusal = String.valueOf(files.refusal(region));
            assertTrue(refusal.contains(plain + ", which is no memfd"), refusal);
            assertTrue(refusal.contains("memory-backend-memfd"), refusal);
        }
    }
}
