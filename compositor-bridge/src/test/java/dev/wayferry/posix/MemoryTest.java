package dev.wayferry.posix;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;

class MemoryTest {
    private static final int RW = Memory.PROT_READ | Memory.PROT_WRITE;

    @Test
    void mapsScatteredPagesOneAfterTheOther() throws PosixException {
        long page = Memory.PAGE_SIZE;
        try (OwnedFd file = OwnedFd.of(Memory.sealedMemfd("scattered", 8 * page), "memfd");
                Arena arena = Arena.ofConfined()) {
            MemorySegment whole = Memory.map(file.number(), 0, 8 * page, RW, arena);
            long[] offsets = {5 * page, 0, 3 * page};
            MemorySegment scattered = Memory.mapScattered(file.number(), offsets, page, RW, arena);
            assertEquals(3 * page, scattered.byteSize());
            for (int i = 0; i < offsets.length; i++) {
                scattered.set(ValueLayout.JAVA_INT, i * page, 100 + i);
                assertEquals(100 + i, whole.get(ValueLayout.JAVA_INT, offsets[i]));
            }
        }
    }

    @Test
    void refusesToMapScatteredPagesOfNoFile() {
        try (Arena arena = Arena.ofConfined()) {
            assertThrows(
                    PosixException.class,
                    () -> Memory.mapScattered(-1, new long[] {0}, Memory.PAGE_SIZE, RW, arena));
        }
    }
}
