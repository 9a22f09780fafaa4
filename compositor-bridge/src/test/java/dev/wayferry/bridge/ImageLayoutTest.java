package dev.wayferry.bridge;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.nio.charset.StandardCharsets;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class ImageLayoutTest {
    private static int fourcc(String name) {
        byte[] c = name.getBytes(StandardCharsets.US_ASCII);
        return c[0] | c[1] << 8 | c[2] << 16 | c[3] << 24;
    }

    private static ImageLayout of(int width, int height, String format) {
        return Objects.requireNonNull(ImageLayout.of(width, height, fourcc(format)));
    }

    @Test
    void laysRowsOutWithoutGaps() {
        ImageLayout layout = of(1921, 3, "XR24");
        assertArrayEquals(new int[] {1921 * 4, 0, 0, 0}, layout.strides());
        assertEquals(24576, layout.size(), "23052 bytes in whole pages");
    }

    @Test
    void laysPlanesOutOneAfterTheOther() {
        ImageLayout layout = of(5, 3, "NV12");
        assertArrayEquals(new int[] {5, 6, 0, 0}, layout.strides());
        assertArrayEquals(new int[] {0, 15, 0, 0}, layout.offsets());
    }

    @Test
    void refusesNoRowOfBytesForBeingLong() {
        assertEquals(250_000, of(250_000, 1, "R8  ").strides()[0], "sommelier asks for a pool's memory like this");
        assertEquals(1L << 30, of(1 << 30, 1, "R8  ").size());
    }

    @Test
    void refusesWhatIsTooLargeOrUnknown() {
        assertNull(ImageLayout.of(0, 1, fourcc("XR24")));
        assertNull(ImageLayout.of(1, -1, fourcc("XR24")));
        assertNull(ImageLayout.of(Integer.MAX_VALUE, 1, fourcc("XR24")), "the stride is no int");
        assertNull(ImageLayout.of(Integer.MAX_VALUE, Integer.MAX_VALUE, fourcc("R8  ")), "the size is no u32");
        assertNull(ImageLayout.of(65536, 65536, fourcc("R8  ")), "the size is no u32");
        assertNull(ImageLayout.of(Integer.MAX_VALUE, Integer.MAX_VALUE, fourcc("YV12")), "the size is no u32");
        assertNull(ImageLayout.of(1, 1, 0));
    }
}
