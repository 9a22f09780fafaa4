package dev.wayferry.wire.wayland;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;

import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Reads messages and their arguments from a buffer, in order. Reusable: {@link #wrap}, then {@link #next} until it says
 * false, and in between one call an argument.
 *
 * <p>No argument is read from beyond its message, whatever lengths the sender claims.
 */
public final class WaylandReader {
    /** Object id and size with opcode. */
    public static final int HEADER_SIZE = 8;
    /** The largest message: the size field has 16 bits and sizes are whole words. */
    public static final int MAX_MESSAGE_SIZE = 0xfffc;

    private static final int SIZE_AND_OPCODE_OFFSET = 4;
    private static final int WORD = 4;

    private MemorySegment buffer = MemorySegment.NULL;
    private long limit;
    /** Where the current message starts; the first message of the buffer follows when there is none yet. */
    private long start;

    private long end;
    private long at;
    private int objectId;
    private int opcode;

    /** Starts before the first message of {@code length} bytes at {@code offset} of {@code buffer}. */
    public WaylandReader wrap(MemorySegment buffer, long offset, long length) {
        this.buffer = buffer;
        this.limit = offset + length;
        this.start = offset;
        this.end = offset;
        this.at = offset;
        return this;
    }

    /**
     * Goes to the next message, over what is left of the current one.
     *
     * @return false when the buffer holds no further whole message; {@link #consumed} then says where the rest starts
     * @throws MalformedMessageException when its size is less than a header or no whole number of words
     */
    public boolean next() throws MalformedMessageException {
        start = end;
        if (limit - start < HEADER_SIZE) {
            return false;
        }
        int id = buffer.get(JAVA_INT_UNALIGNED, start);
        int sizeAndOpcode = buffer.get(JAVA_INT_UNALIGNED, start + SIZE_AND_OPCODE_OFFSET);
        int size = sizeAndOpcode >>> 16;
        if (size < HEADER_SIZE || (size & (WORD - 1)) != 0) {
            throw new MalformedMessageException("message to object " + Integer.toUnsignedString(id) + " opcode "
                    + (sizeAndOpcode & 0xffff) + " has size " + size);
        }
        if (limit - start < size) {
            return false;
        }
        objectId = id;
        opcode = sizeAndOpcode & 0xffff;
        end = start + size;
        at = start + HEADER_SIZE;
        return true;
    }

    /** The offset in the buffer behind the last whole message. */
    public long consumed() {
        return end;
    }

    /** What {@link #wrap} was given, for those who pass messages on as they are. */
    public MemorySegment buffer() {
        return buffer;
    }

    /** The offset in the buffer behind its last byte, which may be in the midst of a message. */
    public long limit() {
        return limit;
    }

    /** The object that the current message is for. */
    public int objectId() {
        return objectId;
    }

    public int opcode() {
        return opcode;
    }

    /** The size in bytes of the current message with its header. */
    public int size() {
        return (int) (end - start);
    }

    /** The offset in the buffer of the current message's header. */
    public long messageOffset() {
        return start;
    }

    /** How many bytes of the current message's arguments are unread. */
    public int remaining() {
        return (int) (end - at);
    }

    /** An {@code int}, {@code uint}, {@code object} or {@code new_id}. */
    public int readInt() throws MalformedMessageException {
        need(WORD, "a word");
        int value = buffer.get(JAVA_INT_UNALIGNED, at);
        at += WORD;
        return value;
    }

    /** A {@code fixed}, with 8 bits behind the point. */
    public double readFixed() throws MalformedMessageException {
        return readInt() / 256.0;
    }

    /** A {@code string}, or null for one of length 0. */
    public @Nullable String readNullableString() throws MalformedMessageException {
        int length = readLength("a string");
        if (length == 0) {
            return null;
        }
        long text = at;
        at += padded(length);
        if (buffer.get(JAVA_BYTE, text + length - 1) != 0) {
            throw new MalformedMessageException(where() + ": a string of " + length + " bytes has no ending zero");
        }
        byte[] bytes = buffer.asSlice(text, length - 1L).toArray(JAVA_BYTE);
        return new String(bytes, StandardCharsets.UTF_8);
    }

    /** A {@code string} that must be there. */
    public String readString() throws MalformedMessageException {
        String string = readNullableString();
        if (string == null) {
            throw new MalformedMessageException(where() + ": null for a string that must be there");
        }
        return string;
    }

    /** An {@code array}, copied. */
    public byte[] readArray() throws MalformedMessageException {
        int length = readLength("an array");
        byte[] bytes = buffer.asSlice(at, length).toArray(JAVA_BYTE);
        at += padded(length);
        return bytes;
    }

    private int readLength(String what) throws MalformedMessageException {
        need(WORD, what + "'s length");
        long length = Integer.toUnsignedLong(buffer.get(JAVA_INT_UNALIGNED, at));
        if (length > end - at - WORD) {
            throw new MalformedMessageException(
                    where() + ": " + what + " of " + length + " bytes with " + (end - at - WORD) + " left");
        }
        at += WORD;
        return (int) length;
    }

    private void need(int bytes, String what) throws MalformedMessageException {
        if (end - at < bytes) {
            throw new MalformedMessageException(where() + ": " + what + " is missing, " + (end - at) + " bytes left");
        }
    }

    private String where() {
        return "message to object " + Integer.toUnsignedString(objectId) + " opcode " + opcode + " size " + size();
    }

    /** The message's size is whole words, so what fits in it fits with its padding too. */
    private static int padded(int length) {
        return (length + WORD - 1) & -WORD;
    }
}
