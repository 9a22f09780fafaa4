package dev.wayferry.examples.guestproxy;

/** What the proxy must know of {@code wl_shm}'s formats: how long a row's pixels are, and whether more planes follow. */
final class ShmFormat {
    /** No format has more bytes in all its planes than this many times those of the first. */
    static final int MAX_PLANES = 3;

    private ShmFormat() {}

    /** Bytes of a pixel, or 0 where pixels are not whole bytes, lie in several planes, or the format is not known here. */
    static int bytesPerPixel(int format) {
        return switch (format) {
            // ARGB8888, XRGB8888
            case 0, 1 -> 4;
            default -> switch (fourcc(format)) {
                case "R8  ", "C8  ", "R332", "B233" -> 1;
                case "RG16", "BG16", "AR12", "XR12", "AB12", "XB12", "RA12", "RX12", "BA12", "BX12", "AR15", "XR15",
                        "AB15", "XB15", "RA15", "RX15", "BA15", "BX15", "GR88", "RG88", "R16 " -> 2;
                case "RG24", "BG24" -> 3;
                case "AB24", "XB24", "RA24", "RX24", "BA24", "BX24", "AR30", "XR30", "AB30", "XB30", "RA30", "RX30",
                        "BA30", "BX30", "GR32", "RG32" -> 4;
                case "AR4H", "XR4H", "AB4H", "XB4H", "AR48", "XR48", "AB48", "XB48" -> 8;
                default -> 0;
            };
        };
    }

    /** Whether further planes may lie behind the first, in the part of the pool that no argument tells of. */
    static boolean mayHavePlanes(int format) {
        return bytesPerPixel(format) == 0;
    }

    private static String fourcc(int format) {
        return "" + (char) (format & 0xff) + (char) (format >> 8 & 0xff) + (char) (format >> 16 & 0xff)
                + (char) (format >> 24 & 0x7f);
    }
}
