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
    /**
     * Bytes, at most. The sides have no bound of their own: sommelier asks for plain memory as an R8 image of one row.
     */
    private static final long MAX_SIZE = 0xffff_ffffL;

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
        if (format == null || width <= 0 || height <= 0) {
            return null;
        }
        int[] strides = new int[PLANES];
        int[] offsets = new int[PLANES];
        long end = 0;
        for (int plane = 0; plane < format.planeCount; plane++) {
            int columns = plane == 0 ? width : ceilDiv(width, format.horizontalSubsampling);
            int rows = plane == 0 ? height : ceilDiv(height, format.verticalSubsampling);
            long stride = (long) columns * format.bytesPerPixel[plane];
            if (stride > Integer.MAX_VALUE || end > Integer.MAX_VALUE || stride * rows > MAX_SIZE) {
                return null;
            }
            strides[plane] = (int) stride;
            offsets[plane] = (int) end;
            end += stride * rows;
        }
        return end > MAX_SIZE ? null : new ImageLayout(strides, offsets, Memory.roundUpToPage(end));
    }

    private static int ceilDiv(int a, int b) {
        return (int) (((long) a + b - 1) / b);
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
