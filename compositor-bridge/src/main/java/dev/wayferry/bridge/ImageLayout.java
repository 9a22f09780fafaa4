package dev.wayferry.bridge;

import dev.wayferry.posix.Memory;
import org.jspecify.annotations.Nullable;

/**
 * How an image lies in memory.
 *
 * @param strides bytes a row, of each plane; 0 for planes there are none of
 * @param offsets where each plane starts, in bytes
 * @param modifier {@code DRM_FORMAT_MOD_*}
 * @param size bytes, whole pages
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record ImageLayout(int[] strides, int[] offsets, long modifier, long size) {
    /** Row after row. */
    public static final long DRM_FORMAT_MOD_LINEAR = 0;

    /** As the driver that allocated it has it: it knows no modifiers. */
    public static final long DRM_FORMAT_MOD_INVALID = 0x00ff_ffff_ffff_ffffL;

    public static final int MAX_PLANES = 4;

    /**
     * Bytes, at most. The sides have no bound of their own: sommelier asks for plain memory as an R8 image of one row.
     */
    private static final long MAX_SIZE = 0xffff_ffffL;

    /**
     * The planes of a format: of each the bytes that one sample takes, which in the later planes stands for
     * {@code horizontalSubsampling} by {@code verticalSubsampling} pixels.
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Format(int horizontalSubsampling, int verticalSubsampling, int... bytesPerSample) {
        static Format packed(int bytesPerPixel) {
            return new Format(1, 1, bytesPerPixel);
        }
    }

    /** {@link #linear} without gaps between the rows, as the reference implementation lays out what no GPU allocates. */
    public static @Nullable ImageLayout of(int width, int height, int fourcc) {
        return linear(width, height, fourcc, 1);
    }

    /**
     * The layout of a {@code width} by {@code height} image in DRM format {@code fourcc}, row after row and plane after
     * plane, or null if that can't be.
     *
     * @param alignment what strides and offsets are multiples of, a power of two
     */
    public static @Nullable ImageLayout linear(int width, int height, int fourcc, int alignment) {
        Format format = format(fourcc);
        if (format == null || width <= 0 || height <= 0) {
            return null;
        }
        int[] strides = new int[MAX_PLANES];
        int[] offsets = new int[MAX_PLANES];
        long end = 0;
        for (int plane = 0; plane < format.bytesPerSample.length; plane++) {
            // What is packed in pairs of pixels takes whole pairs.
            boolean subsampled = plane > 0 || format.bytesPerSample.length == 1;
            int columns = subsampled ? ceilDiv(width, format.horizontalSubsampling) : width;
            int rows = subsampled ? ceilDiv(height, format.verticalSubsampling) : height;
            long stride = align((long) columns * format.bytesPerSample[plane], alignment);
            if (stride > Integer.MAX_VALUE || end > Integer.MAX_VALUE || stride * rows > MAX_SIZE) {
                return null;
            }
            strides[plane] = (int) stride;
            offsets[plane] = (int) end;
            end += stride * rows;
        }
        return end > MAX_SIZE
                ? null
                : new ImageLayout(strides, offsets, DRM_FORMAT_MOD_LINEAR, Memory.roundUpToPage(end));
    }

    private static int ceilDiv(int a, int b) {
        return (int) (((long) a + b - 1) / b);
    }

    private static long align(long size, int alignment) {
        return (size + alignment - 1) & -alignment;
    }

    private static @Nullable Format format(int fourcc) {
        return switch (fourccName(fourcc)) {
            case "R8  " -> Format.packed(1);
            case "GR88", "RG88", "R16 ",
                    "RG16", "BG16", "XR15", "XB15", "AR15", "AB15", "XR12", "XB12", "AR12", "AB12" -> Format.packed(2);
            case "RG24", "BG24" -> Format.packed(3);
            case "XR24", "XB24", "AR24", "AB24", "RX24", "RA24", "BX24", "BA24",
                    "XR30", "XB30", "AR30", "AB30", "GR32", "RG32" -> Format.packed(4);
            case "AB4H", "XB4H", "AR4H", "XR4H", "XR48", "AR48", "XB48", "AB48" -> Format.packed(8);
            case "YUYV", "YVYU", "UYVY", "VYUY" -> new Format(2, 1, 4);
            case "NV12", "NV21" -> new Format(2, 2, 1, 2);
            case "NV16", "NV61" -> new Format(2, 1, 1, 2);
            case "P010", "P012", "P016" -> new Format(2, 2, 2, 4);
            case "YU12", "YV12" -> new Format(2, 2, 1, 1, 1);
            case "YU16", "YV16" -> new Format(2, 1, 1, 1, 1);
            case "YU24", "YV24" -> new Format(1, 1, 1, 1, 1);
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

    /** The DRM format of four characters. */
    public static int fourcc(String name) {
        return name.charAt(0) | name.charAt(1) << 8 | name.charAt(2) << 16 | name.charAt(3) << 24;
    }
}
