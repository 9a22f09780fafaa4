package dev.wayferry.proxy.gpu;

/**
 * The EDID of the one display that is reported, and reported disabled.
 *
 * <p>Source: VESA Enhanced EDID Standard, release A, revision 2; the base block.
 */
final class Edid {
    static final int LENGTH = 128;

    private static final int[] HEADER = {0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0};
    private static final int DESCRIPTORS = 54;
    private static final int DESCRIPTOR_LENGTH = 18;

    private Edid() {}

    /** A digital display of 1280 by 800 pixels at 60 Hz. */
    static byte[] create() {
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
        edid[21] = 32; // centimetres
        edid[22] = 20;
        edid[23] = 120; // gamma 2.2
        edid[24] = 0x06; // sRGB, preferred timing is native
        byte[] srgb = {(byte) 0xee, (byte) 0x91, (byte) 0xa3, 0x54, 0x4c, (byte) 0x99, 0x26, 0x0f, 0x50, 0x54};
        System.arraycopy(srgb, 0, edid, 25, srgb.length);
        for (int i = 38; i < DESCRIPTORS; i++) {
            edid[i] = 1; // unused standard timing
        }
        preferredTiming(edid, DESCRIPTORS);
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

    /** 1280x800, CVT reduced blanking: 71 MHz, 160 by 23 blanking. */
    private static void preferredTiming(byte[] edid, int at) {
        int[] timing = {
            0xbc, 0x1b, 0x00, 0xa0, 0x50, 0x20, 0x17, 0x30, 0x30, 0x20, 0x36, 0x00, 0x40, 0xc8, 0x10, 0x00, 0x00, 0x1a
        };
        for (int i = 0; i < timing.length; i++) {
            edid[at + i] = (byte) timing[i];
        }
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
