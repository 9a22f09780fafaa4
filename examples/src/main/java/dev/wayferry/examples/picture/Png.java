package dev.wayferry.examples.picture;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.zip.CRC32;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.InflaterInputStream;

/** PNG files of 8 bits a channel, not interlaced: what screenshot programs write. Source: RFC 2083. */
public final class Png {
    private static final long SIGNATURE = 0x89504e470d0a1a0aL;
    private static final int IHDR = 0x49484452;
    private static final int PLTE = 0x504c5445;
    private static final int IDAT = 0x49444154;
    private static final int IEND = 0x49454e44;

    private static final int GREY = 0;
    private static final int TRUECOLOUR = 2;
    private static final int INDEXED = 3;
    private static final int GREY_ALPHA = 4;
    private static final int TRUECOLOUR_ALPHA = 6;

    private static final int MAX_PIXELS = 1 << 27;

    private Png() {}

    /** Writes {@code picture} to {@code file}, which appears whole or not at all. */
    public static void write(Picture picture, Path file) throws IOException {
        Path absolute = file.toAbsolutePath();
        Path part = absolute.resolveSibling(absolute.getFileName() + ".part");
        Files.write(part, encode(picture));
        Files.move(part, absolute, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
    }

    /** The picture's bytes as a PNG file. */
    public static byte[] encode(Picture picture) throws IOException {
        var compressed = new ByteArrayOutputStream();
        try (var deflater = new DeflaterOutputStream(compressed)) {
            byte[] row = new byte[1 + picture.width() * 3];
            for (int y = 0; y < picture.height(); y++) {
                int at = 1;
                for (int x = 0; x < picture.width(); x++) {
                    int rgb = picture.rgb(x, y);
                    row[at++] = (byte) (rgb >> 16);
                    row[at++] = (byte) (rgb >> 8);
                    row[at++] = (byte) rgb;
                }
                deflater.write(row);
            }
        }
        var header = new ByteArrayOutputStream();
        var fields = new DataOutputStream(header);
        fields.writeInt(picture.width());
        fields.writeInt(picture.height());
        fields.write(new byte[] {8, TRUECOLOUR, 0, 0, 0});
        var bytes = new ByteArrayOutputStream();
        var file = new DataOutputStream(bytes);
        file.writeLong(SIGNATURE);
        writeChunk(file, "IHDR", header.toByteArray());
        writeChunk(file, "IDAT", compressed.toByteArray());
        writeChunk(file, "IEND", new byte[0]);
        return bytes.toByteArray();
    }

    private static void writeChunk(DataOutputStream file, String type, byte[] content) throws IOException {
        byte[] name = type.getBytes(StandardCharsets.US_ASCII);
        var crc = new CRC32();
        crc.update(name);
        crc.update(content);
        file.writeInt(content.length);
        file.write(name);
        file.write(content);
        file.writeInt((int) crc.getValue());
    }

    /** Reads a file; alpha is dropped. */
    public static Picture read(Path file) throws IOException {
        try {
            return decode(Files.readAllBytes(file));
        } catch (EOFException e) {
            throw new IOException(file + ": the PNG file ends too early", e);
        } catch (IOException e) {
            throw new IOException(file + ": " + e.getMessage(), e);
        }
    }

    /** Reads the bytes of a file; alpha is dropped. */
    public static Picture decode(byte[] bytes) throws IOException {
        var file = new DataInputStream(new ByteArrayInputStream(bytes));
        if (bytes.length < Long.BYTES || file.readLong() != SIGNATURE) {
            throw new IOException("not a PNG file");
        }
        int width = 0;
        int height = 0;
        int colourType = -1;
        byte[] palette = new byte[0];
        var compressed = new ByteArrayOutputStream();
        while (true) {
            int length = file.readInt();
            int type = file.readInt();
            if (length < 0 || length > file.available()) {
                throw new EOFException();
            }
            byte[] content = file.readNBytes(length);
            file.readInt();
            switch (type) {
                case IHDR -> {
                    var fields = new DataInputStream(new ByteArrayInputStream(content));
                    width = fields.readInt();
                    height = fields.readInt();
                    int depth = fields.readUnsignedByte();
                    colourType = fields.readUnsignedByte();
                    fields.readUnsignedShort();
                    int interlace = fields.readUnsignedByte();
                    if (depth != 8 || interlace != 0) {
                        throw new IOException("only PNG files of 8 bits a channel, not interlaced, are understood; this"
                                + " has " + depth + " bits, interlace method " + interlace);
                    }
                }
                case PLTE -> palette = content;
                case IDAT -> compressed.write(content);
                case IEND -> {
                    return pixels(width, height, colourType, palette, compressed.toByteArray());
                }
                default -> {
                    // An ancillary chunk.
                }
            }
        }
    }

    private static Picture pixels(int width, int height, int colourType, byte[] palette, byte[] compressed)
            throws IOException {
        if (width <= 0 || height <= 0 || (long) width * height > MAX_PIXELS) {
            throw new IOException("a picture of " + width + "x" + height);
        }
        int channels = switch (colourType) {
            case GREY, INDEXED -> 1;
            case GREY_ALPHA -> 2;
            case TRUECOLOUR -> 3;
            case TRUECOLOUR_ALPHA -> 4;
            default -> throw new IOException("colour type " + colourType);
        };
        int[] pixels = new int[width * height];
        byte[] above = new byte[width * channels];
        byte[] row = new byte[width * channels];
        try (InputStream data = new InflaterInputStream(new ByteArrayInputStream(compressed))) {
            for (int y = 0; y < height; y++) {
                int filter = data.read();
                if (filter < 0 || data.readNBytes(row, 0, row.length) < row.length) {
                    throw new EOFException();
                }
                unfilter(filter, row, above, channels);
                for (int x = 0; x < width; x++) {
                    pixels[y * width + x] = rgb(row, x * channels, colourType, palette);
                }
                byte[] done = row;
                row = above;
                above = done;
            }
        }
        return new Picture(width, height, pixels);
    }

    private static int rgb(byte[] row, int at, int colourType, byte[] palette) throws IOException {
        return switch (colourType) {
            case GREY, GREY_ALPHA -> (row[at] & 0xff) * 0x010101;
            case INDEXED -> {
                int index = (row[at] & 0xff) * 3;
                if (index + 3 > palette.length) {
                    throw new IOException("colour " + index / 3 + " of a palette of " + palette.length / 3);
                }
                yield rgb(palette, index);
            }
            default -> rgb(row, at);
        };
    }

    private static int rgb(byte[] bytes, int at) {
        return (bytes[at] & 0xff) << 16 | (bytes[at + 1] & 0xff) << 8 | (bytes[at + 2] & 0xff);
    }

    private static void unfilter(int filter, byte[] row, byte[] above, int channels) throws IOException {
        for (int i = 0; i < row.length; i++) {
            int left = i < channels ? 0 : row[i - channels] & 0xff;
            int up = above[i] & 0xff;
            int upLeft = i < channels ? 0 : above[i - channels] & 0xff;
            int prediction = switch (filter) {
                case 0 -> 0;
                case 1 -> left;
                case 2 -> up;
                case 3 -> (left + up) / 2;
                case 4 -> paeth(left, up, upLeft);
                default -> throw new IOException("filter type " + filter);
            };
            row[i] += (byte) prediction;
        }
    }

    private static int paeth(int left, int up, int upLeft) {
        int estimate = left + up - upLeft;
        int toLeft = Math.abs(estimate - left);
        int toUp = Math.abs(estimate - up);
        int toUpLeft = Math.abs(estimate - upLeft);
        if (toLeft <= toUp && toLeft <= toUpLeft) {
            return left;
        }
        return toUp <= toUpLeft ? up : upLeft;
    }
}
