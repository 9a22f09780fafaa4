package dev.wayferry.bridge;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wayferry.posix.FileStatus;
import dev.wayferry.posix.Memory;
import dev.wayferry.posix.OwnedFd;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Whom the host process takes to make images. */
class AllocatorChoiceTest {
    @ParameterizedTest
    @EnumSource(AllocatorChoice.class)
    void findsOneThatWorksOrSaysWhyNot(AllocatorChoice choice) {
        AllocatorChoice.Found found;
        try {
            found = choice.open();
        } catch (IOException e) {
            assertFalse(choice == AllocatorChoice.AUTO || choice == AllocatorChoice.MEMFD, e.getMessage());
            String reason = String.valueOf(e.getMessage());
            assertTrue(reason.startsWith("--allocator=" + choice + "; " + choice + " does not work here: "), reason);
            return;
        }
        try (ImageAllocator allocator = found.allocator()) {
            assertTrue(found.said().startsWith("images are allocated by " + allocator.name() + ","), found.said());
            if (choice != AllocatorChoice.AUTO) {
                assertEquals(choice.toString(), allocator.name());
            }
            assertEquals(!allocator.name().equals("memfd"), allocator.makesDmaBufs());
        }
    }

    @Test
    void saysOfEachBeforeTheOneThatAutoTakesWhyItIsNotThat() throws IOException {
        AllocatorChoice.Found found = AllocatorChoice.AUTO.open();
        found.allocator().close();
        for (String name : List.of("gbm", "dma-heap", "udmabuf", "memfd")) {
            if (name.equals(found.allocator().name())) {
                break;
            }
            assertTrue(found.said().contains("; " + name + " does not work here: "), found.said());
        }
    }

    @Test
    void takesNoFileForAGpu() {
        IOException none = assertThrows(IOException.class, () -> GbmAllocator.open(Path.of("/no/such/node")).close());
        assertEquals("/no/such/node: ENOENT", none.getMessage());
        IOException other = assertThrows(IOException.class, () -> GbmAllocator.open(Path.of("/dev/null")).close());
        assertTrue(String.valueOf(other.getMessage()).startsWith("libgbm"), other.getMessage());
    }

    @Test
    void memfdMakesAFileOfItsOwnForEveryImage() throws IOException {
        ImageQuery query = new ImageQuery(100, 50, ImageLayout.fourcc("XR24"), ImageQuery.USE_SCANOUT);
        try (MemoryAllocator memfd = MemoryAllocator.memfd();
                Arena arena = Arena.ofConfined()) {
            ImageLayout layout = memfd.layout(query);
            assertEquals(400, layout.strides()[0], "without gaps");
            try (OwnedFd one = memfd.allocate(layout.size());
                    OwnedFd two = memfd.allocate(layout.size())) {
                assertEquals(Memory.F_SEAL_SEAL | Memory.F_SEAL_SHRINK | Memory.F_SEAL_GROW, Memory.seals(one.number()));
                FileStatus status = new FileStatus(arena);
                assertEquals(0, status.read(one.number()));
                long inode = status.inode();
                assertEquals(0, status.read(two.number()));
                assertNotEquals(inode, status.inode());
                assertEquals(layout.size(), status.size());
            }
            IOException unknown = assertThrows(IOException.class,
                    () -> memfd.layout(new ImageQuery(-1, 50, ImageLayout.fourcc("XR24"), 0)));
            assertEquals("4294967295x50 XR24: unknown format or size", unknown.getMessage());
        }
    }
}
