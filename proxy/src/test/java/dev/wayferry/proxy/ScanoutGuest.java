package dev.wayferry.proxy;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;

/** What a guest's driver does to show pictures. Offsets are written out here, as the specification has them. */
final class ScanoutGuest {
    static final int BGRX = 2;

    /** Where the pictures lie in guest memory. */
    static final long PIXELS = 0x200_0000;

    private final TestGuest guest;
    private final MemorySegment ram;

    ScanoutGuest(TestVm vm) {
        guest = vm.guest;
        ram = vm.vmm.ram;
    }

    static byte[] create2d(int resource, int format, int width, int height) {
        return TestGuest.header(0x101, 40, 0).putInt(24, resource).putInt(28, format).putInt(32, width).putInt(36, height)
                .array();
    }

    static ByteBuffer create3d(int resource, int format, int width, int height) {
        ByteBuffer request = TestGuest.header(0x204, 72, 0).putInt(24, resource).putInt(28, 2).putInt(32, format);
        return request.putInt(36, 1 << 18).putInt(40, width).putInt(44, height).putInt(48, 1).putInt(52, 1);
    }

    /** ATTACH_BACKING with pairs of address and length. */
    static byte[] backing(int resource, long... entries) {
        ByteBuffer request = TestGuest.header(0x106, 32 + 8 * entries.length, 0).putInt(24, resource);
        request.putInt(28, entries.length / 2);
        for (int i = 0; i < entries.length; i += 2) {
            request.putLong(32 + 8 * i, entries[i]).putInt(40 + 8 * i, (int) entries[i + 1]);
        }
        return request.array();
    }

    private static ByteBuffer rect(ByteBuffer request, int x, int y, int width, int height) {
        return request.putInt(24, x).putInt(28, y).putInt(32, width).putInt(36, height);
    }

    static byte[] scanout(int scanout, int resource, int x, int y, int width, int height) {
        return rect(TestGuest.header(0x103, 48, 0), x, y, width, height).putInt(40, scanout).putInt(44, resource).array();
    }

    static ByteBuffer scanoutBlob(int resource, int format, int width, int height, int stride, int offset) {
        ByteBuffer request = rect(TestGuest.header(0x10d, 96, 0), 0, 0, width, height).putInt(44, resource);
        return request.putInt(48, width).putInt(52, height).putInt(56, format).putInt(64, stride).putInt(80, offset);
    }

    static byte[] transfer(int resource, int x, int y, int width, int height, long offset) {
        return rect(TestGuest.header(0x105, 56, 0), x, y, width, height).putLong(40, offset).putInt(48, resource).array();
    }

    static ByteBuffer transfer3d(int resource, int x, int y, int width, int height, long offset, int stride) {
        ByteBuffer request = TestGuest.header(0x205, 72, 0).putInt(24, x).putInt(28, y).putInt(36, width);
        return request.putInt(40, height).putInt(44, 1).putLong(48, offset).putInt(56, resource).putInt(64, stride);
    }

    static byte[] flush(int resource, int x, int y, int width, int height) {
        return rect(TestGuest.header(0x104, 48, 0), x, y, width, height).putInt(40, resource).array();
    }

    /** A 2D resource, backed by pages that do not lie in order. */
    void image(int resource, int format, int width, int height) {
        assertEquals(TestGuest.OK_NODATA, guest.request(create2d(resource, format, width, height)));
        long bytes = (4L * width * height + 4095) & -4096;
        assertEquals(TestGuest.OK_NODATA, guest.request(backing(resource, pages(bytes))));
    }

    /** Pairs of address and length: each page behind the next. */
    static long[] pages(long bytes) {
        int count = (int) (bytes / 4096);
        long[] entries = new long[2 * count];
        for (int i = 0; i < count; i++) {
            entries[2 * i] = PIXELS + (count - 1L - i) * 4096;
            entries[2 * i + 1] = 4096;
        }
        return entries;
    }

    /** Writes a pixel's bytes, as one big-endian word, into pages of {@link #pages}. */
    void draw(int width, int height, int x, int y, int word) {
        long count = (4L * width * height + 4095) / 4096;
        long at = 4L * (y * (long) width + x);
        ram.set(ValueLayout.JAVA_INT_UNALIGNED.withOrder(java.nio.ByteOrder.BIG_ENDIAN),
                PIXELS + (count - 1 - at / 4096) * 4096 + at % 4096, word);
    }

    void ok(byte[] request) {
        TestVm.assertOk(guest.request(request));
    }

    int ask(byte[] request) {
        return guest.request(request);
    }
}
