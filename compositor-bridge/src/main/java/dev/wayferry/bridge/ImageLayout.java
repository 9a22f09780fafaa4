package dev.wayferry.bridge;

import dev.wayferry.posix.Memory;
import org.jspecify.annotations.Nullable;

/**
 * How an image lies in linear memory: planes one after the other, rows without gaps, as the reference implementation
 * lays out what no GPU allocates.
 *
 * @param strides bytes a row, of each plane; 0 for planes there are none of
 * @param offsets where each plane starts, in bytes
 * @param size bytes, whole pages
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record ImageLayout(int[] strides, int[] offsets, long size) {
    /** Pixels a side; far beyond any screen, and small enough that no size overflows. */
    public static final int MAX_SIDE = 32768;

    private static final int PLANES = 4;

    /** Bytes a pixel, plane by plane, and by how much the later planes are coarser. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Format(int planeCount, int[] bytesPerPixel, int horizontalSubsampling, int verticalSubsampling) {
        static Format packed(int bytesPerPixel) {
            return new Format(1, new int[] {bytesPerPixel}, 1, 1);
        }
    }

    /** The layout of a {@code width} by {@code height} image in DRM format {@code fourcc}, or null if that can't be. */
    public static @Nullable ImageLayout of(int width, int height, int fourcc) {
        Format format = format(fourcc);
        if (format == null || width <= 0 || height <= 0 || width > MAX_SIDE || height > MAX_SIDE) {
            return null;
        }
        int[] strides = new int[PLANES];
        int[] offsets = new int[PLANES];
        long end = 0;
        for (int plane = 0; plane < format.planeCount; plane++) {
            int columns = plane == 0 ? width : ceilDiv(width, format.horizontalSubsampling);
            int rows = plane == 0 ? height : ceilDiv(height, format.verticalSubsampling);
            strides[plane] = columns * format.bytesPerPixel[plane];
            if (end > Integer.MAX_VALUE) {
                return null;
            }
            offsets[plane] = (int) end;
            end += (long) strides[plane] * rows;
        }
        return new ImageLayout(strides, offsets, Memory.roundUpToPage(end));
    }

    private static int ceilDiv(int a, int b) {
        return (a + b - 1) / b;
    }

    private static @Nullable Format format(int fourcc) {
        return switch (fourccName(fourcc)) {
            case "R8  " -> Format.packed(1);
            case "GR88", "RG88", "RG16", "BG16", "R16 " -> Format.packed(2);
            case "RG24", "BG24" -> Format.packed(3);
            case "XR24", "XB24", "AR24", "AB24", "RX24", "RA24", "BX24", "BA24", "XR30", "XB30", "AR30", "AB30" ->
                Format.packed(4);
            case "AB4H", "XB4H", "AR4H", "XR4H" -> Format.packed(8);
            case "NV12", "NV21" -> new Format(2, new int[] {1, 2}, 2, 2);
            case "YU12", "YV12" -> new Format(3, new int[] {1, 1, 1}, 2, 2);
            default -> null;
        };
    }

    /** The four characters of a DRM format. */
    public static String fourccName(int fourcc) {
        char[] name = new char[4];
        for (int i = 0; i < name.length; i++) {
            int c = (fourcc >>> (8 * i)) & 0xff;
            name[i] = c >= ' ' && c < 0x7f ? (char) c : '?';
        }
        return new String(name);
    }
}
