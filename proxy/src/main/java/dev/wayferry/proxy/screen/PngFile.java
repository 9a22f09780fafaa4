package dev.wayferry.proxy.screen;

import java.io.BufferedOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.zip.CRC32;
import java.util.zip.Deflater;

/**
 * Writes PNG files of 8 bits a colour, row by row: ImageIO would want the whole picture on the heap, which is smaller than
 * some.
 *
 * <p>Source: RFC 2083.
 */
final class PngFile {
    private static final ValueLayout.OfInt WORD = ValueLayout.JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final long SIGNATURE = 0x89504e470d0a1a0aL;
    private static final int BITS = 8;
    private static final int TRUECOLOUR = 2;
    private static final int COLOURS = 3;
    private static final int CHUNK = 1 << 16;

    private PngFile() {}

    /** Writes words 0x??RRGGBB, row by row, to {@code path}, where at all times there is a whole picture or none. */
    static void write(MemorySegment pixels, int width, int height, Path path) throws IOException {
        Path file = path.toAbsolutePath();
        Path part = file.resolveSibling(file.getFileName() + ".part");
        try {
            // What somebody has left there, or put there, would keep its owner and mode.
            boolean unusedToo = Files.deleteIfExists(part);
            try (DataOutputStream out = new DataOutputStream(new BufferedOutputStream(
                    Files.newOutputStream(part, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)))) {
                out.writeLong(SIGNATURE);
                byte[] header = new byte[13];
                MemorySegment fields = MemorySegment.ofArray(header);
                fields.set(ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN), 0, width);
                fields.set(ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN), Integer.BYTES, height);
                header[8] = BITS;
                header[9] = TRUECOLOUR;
                writeChunk(out, "IHDR", header, header.length);
                writePixels(out, pixels, width, height);
                writeChunk(out, "IEND", header, 0);
            }
            Files.move(part, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            boolean unused = Files.deleteIfExists(part);
            throw e;
        }
    }

    private static void writePixels(DataOutputStream out, MemorySegment pixels, int width, int height)
            throws IOException {
        byte[] row = new byte[1 + COLOURS * width]; // begins with the filter's type, none
        byte[] chunk = new byte[CHUNK];
        try (Deflater deflater = new Deflater(Deflater.BEST_SPEED)) {
            for (int y = 0; y < height; y++) {
                int at = 1;
                for (long i = (long) y * width; i < (long) (y + 1) * width; i++) {
                    int word = pixels.getAtIndex(WORD, i);
                    row[at++] = (byte) (word >> 16);
                    row[at++] = (byte) (word >> 8);
                    row[at++] = (byte) word;
                }
                deflater.setInput(row);
                deflate(deflater, out, chunk);
            }
            deflater.finish();
            deflate(deflater, out, chunk);
        }
    }

    private static void deflate(Deflater deflater, DataOutputStream out, byte[] chunk) throws IOException {
        int length = deflater.deflate(chunk);
        while (length > 0) {
            writeChunk(out, "IDAT", chunk, length);
            length = deflater.deflate(chunk);
        }
    }

    private static void writeChunk(DataOutputStream out, String type, byte[] content, int length) throws IOException {
        byte[] name = type.getBytes(StandardCharsets.US_ASCII);
        CRC32 crc = new CRC32();
        crc.update(name);
        crc.update(content, 0, length);
        out.writeInt(length);
        out.write(name);
        out.write(content, 0, length);
        out.writeInt((int) crc.getValue());
    }
}
