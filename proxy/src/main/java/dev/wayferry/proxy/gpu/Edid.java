package dev.wayferry.proxy.gpu;

/**
 * The EDID of the one display that is reported.
 *
 * <p>Source: VESA Enhanced EDID Standard, release A, revision 2; the base block.
 */
final class Edid {
    static final int LENGTH = 128;

    private static final int[] HEADER = {0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0};
    private static final int DESCRIPTORS = 54;
    private static final int DESCRIPTOR_LENGTH = 18;

    private static final int REFRESH = 60;
    private static final int HORIZONTAL_BLANK = 160;
    private static final double MIN_BLANK_MICROS = 460;
    private static final int CLOCK_STEP = 250_000;
    private static final int CLOCK_UNIT = 10_000;
    private static final int MAX_CLOCK = 0xffff;

    private Edid() {}

    /** A digital display of so many pixels, at most 4095 each way. */
    static byte[] create(int width, int height) {
        byte[] edid = new byte[LENGTH];
        for (int i = 0; i < HEADER.length; i++) {
            edid[i] = (byte) HEADER[i];
        }
        int vendor = letter('W') << 10 | letter('A') << 5 | letter('Y');
        edid[8] = (byte) (vendor >> 8);
        edid[9] = (byte) vendor;
        edid[10] = 1; // product
        edid[17] = 2026 - 1990 & 0xff;
        edid[18] = 1; // EDID 1.4
        edid[19] = 4;
        edid[20] = (byte) 0xa0; // digital, 8 bits a colour
        edid[21] = (byte) (millimetres(width) / 10);
        edid[22] = (byte) (millimetres(height) / 10);
        edid[23] = 120; // gamma 2.2
        edid[24] = 0x06; // sRGB, preferred timing is native
        byte[] srgb = {(byte) 0xee, (byte) 0x91, (byte) 0xa3, 0x54, 0x4c, (byte) 0x99, 0x26, 0x0f, 0x50, 0x54};
        System.arraycopy(srgb, 0, edid, 25, srgb.length);
        for (int i = 38; i < DESCRIPTORS; i++) {
            edid[i] = 1; // unused standard timing
        }
        preferredTiming(edid, DESCRIPTORS, width, height);
        text(edid, DESCRIPTORS + DESCRIPTOR_LENGTH, 0xfc, "Wayferry");
        dummy(edid, DESCRIPTORS + 2 * DESCRIPTOR_LENGTH);
        dummy(edid, DESCRIPTORS + 3 * DESCRIPTOR_LENGTH);
        int sum = 0;
        for (byte b : edid) {
            sum += b;
        }
        edid[LENGTH - 1] = (byte) -sum;
        return edid;
    }

    private static int letter(char c) {
        return c - 'A' + 1;
    }

    /** The timing by VESA's CVT standard with reduced blanking, at 60 Hz, or 30 Hz where 60 can't be said. */
    private static void preferredTiming(byte[] edid, int at, int width, int height) {
        int syncLines = verticalSync(width, height);
        int lines = verticalTotal(height, syncLines);
        long clock = (long) REFRESH * lines * (width + HORIZONTAL_BLANK);
        if (clock / CLOCK_UNIT > MAX_CLOCK) {
            clock /= 2;
        }
        int units = (int) (clock / CLOCK_STEP * (CLOCK_STEP / CLOCK_UNIT));
        int blank = lines - height;
        int wide = millimetres(width);
        int high = millimetres(height);
        int[] timing = {
            units, units >> 8, width, HORIZONTAL_BLANK, width >> 8 << 4 | HORIZONTAL_BLANK >> 8, height, blank,
            height >> 8 << 4 | blank >> 8, 48, 32, 3 << 4 | syncLines, 0, wide, high, wide >> 8 << 4 | high >> 8, 0, 0, 0x1a
        };
        for (int i = 0; i < timing.length; i++) {
            edid[at + i] = (byte) timing[i];
        }
    }

    /** Lines with their blanking of at least 460 us. */
    private static int verticalTotal(int height, int syncLines) {
        double line = (1_000_000.0 / REFRESH - MIN_BLANK_MICROS) / height;
        int blank = (int) (MIN_BLANK_MICROS / line) + 1;
        return height + Math.max(blank, 3 + syncLines + 6);
    }

    /** Lines of the sync pulse, which tell the ratio of width and height. */
    private static int verticalSync(int width, int height) {
        if (width * 3 == height * 4) {
            return 4;
        } else if (width * 9 == height * 16) {
            return 5;
        } else if (width * 10 == height * 16) {
            return 6;
        } else if (width * 4 == height * 5 || width * 9 == height * 15) {
            return 7;
        }
        return 10;
    }

    /** At four pixels a millimetre, some 100 an inch. */
    private static int millimetres(int pixels) {
        return pixels / 4;
    }

    private static void text(byte[] edid, int at, int tag, String text) {
        edid[at + 3] = (byte) tag;
        for (int i = 0; i < 13; i++) {
            int c = i < text.length() ? text.charAt(i) : i == text.length() ? '\n' : ' ';
            edid[at + 5 + i] = (byte) c;
        }
    }

    private static void dummy(byte[] edid, int at) {
        edid[at + 3] = 0x10;
    }
}
