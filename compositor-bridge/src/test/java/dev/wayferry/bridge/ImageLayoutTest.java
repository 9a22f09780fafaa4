package dev.wayferry.bridge;

import static dev.wayferry.bridge.ImageLayout.fourcc;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import dev.wayferry.posix.Memory;
import java.util.Arrays;
import java.util.Objects;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ImageLayoutTest {
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

    /** Strides, then offsets, of an image of 5 by 3 pixels: odd sides show whether what is subsampled is rounded up. */
    @ParameterizedTest
    @CsvSource({
        "'R8  ', 5 0 0 0, 0 0 0 0, 15",
        "GR88, 10 0 0 0, 0 0 0 0, 30",
        "RG16, 10 0 0 0, 0 0 0 0, 30",
        "BG24, 15 0 0 0, 0 0 0 0, 45",
        "XR24, 20 0 0 0, 0 0 0 0, 60",
        "AR24, 20 0 0 0, 0 0 0 0, 60",
        "XB24, 20 0 0 0, 0 0 0 0, 60",
        "AB24, 20 0 0 0, 0 0 0 0, 60",
        "XR30, 20 0 0 0, 0 0 0 0, 60",
        "AB30, 20 0 0 0, 0 0 0 0, 60",
        "AB4H, 40 0 0 0, 0 0 0 0, 120",
        "YUYV, 12 0 0 0, 0 0 0 0, 36",
        "NV12, 5 6 0 0, 0 15 0 0, 27",
        "NV21, 5 6 0 0, 0 15 0 0, 27",
        "P010, 10 12 0 0, 0 30 0 0, 54",
        "YU12, 5 3 3 0, 0 15 21 0, 27",
        "YV12, 5 3 3 0, 0 15 21 0, 27",
        "NV16, 5 6 0 0, 0 15 0 0, 33",
        "YU24, 5 5 5 0, 0 15 30 0, 45"
    })
    void laysOutWhatGuestsUse(String format, String strides, String offsets, int bytes) {
        ImageLayout layout = of(5, 3, format);
        assertEquals(strides, words(layout.strides()));
        assertEquals(offsets, words(layout.offsets()));
        assertEquals(ImageLayout.DRM_FORMAT_MOD_LINEAR, layout.modifier());
        assertEquals(Memory.roundUpToPage(bytes), layout.size());
    }

    private static String words(int[] numbers) {
        return Arrays.stream(numbers).mapToObj(String::valueOf).collect(Collectors.joining(" "));
    }

    @Test
    void alignsRowsAndPlanesAsADeviceWantsThem() {
        ImageLayout layout = Objects.requireNonNull(ImageLayout.linear(100, 50, fourcc("NV12"), 256));
        assertEquals("256 256 0 0", words(layout.strides()));
        assertEquals("0 12800 0 0", words(layout.offsets()));
        assertEquals(Memory.roundUpToPage(256 * 75), layout.size());
        assertNull(ImageLayout.linear(Integer.MAX_VALUE, 1, fourcc("R8  "), 256), "the stride is no int");
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
