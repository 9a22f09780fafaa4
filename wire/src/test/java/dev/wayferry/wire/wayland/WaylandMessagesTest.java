package dev.wayferry.wire.wayland;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WaylandMessagesTest {
    private final MemorySegment buffer = Arena.ofAuto().allocate(0x20000, 8);
    private final WaylandWriter writer = new WaylandWriter();
    private final WaylandReader reader = new WaylandReader();

    @Test
    void everyKindOfArgumentComesBack() throws MalformedMessageException {
        writer.wrap(buffer, 0)
                .begin(0xff000001, 7)
                .putInt(-5)
                .putFixed(-1.5)
                .putString("grüße")
                .putString(null)
                .putString("")
                .putString("abc")
                .putArray(new byte[] {1, 2, 3, 4, 5})
                .putArray(new byte[0])
                .end();
        reader.wrap(buffer, 0, writer.position());
        assertTrue(reader.next());
        assertEquals(0xff000001, reader.objectId());
        assertEquals(7, reader.opcode());
        assertEquals(writer.position(), reader.size());
        assertEquals(-5, reader.readInt());
        assertEquals(-1.5, reader.readFixed());
        assertEquals("grüße", reader.readString());
        assertNull(reader.readNullableString());
        assertEquals("", reader.readString());
        assertEquals("abc", reader.readString());
        assertArrayEquals(new byte[] {1, 2, 3, 4, 5}, reader.readArray());
        assertArrayEquals(new byte[0], reader.readArray());
        assertEquals(0, reader.remaining());
        assertFalse(reader.next());
    }

    @Test
    void aHeaderHasTheBytesOfTheSpecification() {
        writer.wrap(buffer, 0).begin(3, 2).putString("abc").end();
        assertEquals(3, buffer.get(JAVA_INT, 0));
        assertEquals(16 << 16 | 2, buffer.get(JAVA_INT, 4));
        assertEquals(4, buffer.get(JAVA_INT, 8));
    }

    @Test
    void paddingIsWrittenAsZeros() {
        buffer.fill((byte) 0x7f);
        writer.wrap(buffer, 0).begin(3, 2).putString("abcd").putArray(new byte[] {1}).end();
        assertEquals(0, buffer.get(JAVA_INT, 16));
        assertEquals(1, buffer.get(JAVA_INT, 24));
    }

    @Test
    void messagesFollowOneAnotherAlsoWhenArgumentsStayUnread() throws MalformedMessageException {
        writer.wrap(buffer, 0).begin(1, 0).putInt(9).putInt(9).end().begin(2, 1).putInt(42).end();
        reader.wrap(buffer, 0, writer.position());
        assertTrue(reader.next());
        assertTrue(reader.next());
        assertEquals(2, reader.objectId());
        assertEquals(16, reader.messageOffset());
        assertEquals(42, reader.readInt());
        assertFalse(reader.next());
        assertEquals(writer.position(), reader.consumed());
    }

    @Test
    void aMessageCutAtAnyByteWaitsForItsRest() throws MalformedMessageException {
        writer.wrap(buffer, 0).begin(1, 0).putInt(1).end().begin(5, 3).putString("hello").end();
        for (long length = 12; length < writer.position(); length++) {
            reader.wrap(buffer, 0, length);
            assertTrue(reader.next());
            assertFalse(reader.next());
            assertEquals(12, reader.consumed());
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 4, 7, 9, 10, 11, 0xffff})
    void refusesASizeBelowAHeaderOrOfNoWholeWords(int size) {
        buffer.set(JAVA_INT, 0, 1);
        buffer.set(JAVA_INT, 4, size << 16);
        reader.wrap(buffer, 0, buffer.byteSize());
        assertThrows(MalformedMessageException.class, reader::next);
    }

    @Test
    void readsTheLargestMessage() throws MalformedMessageException {
        byte[] content = new byte[WaylandReader.MAX_MESSAGE_SIZE - 12];
        new Random(1).nextBytes(content);
        writer.wrap(buffer, 0).begin(1, 0).putArray(content).end();
        reader.wrap(buffer, 0, writer.position());
        assertTrue(reader.next());
        assertArrayEquals(content, reader.readArray());
    }

    @Test
    void refusesToWriteMoreThanTheSizeFieldHolds() {
        writer.wrap(buffer, 0).begin(1, 0).putArray(new byte[WaylandReader.MAX_MESSAGE_SIZE]);
        assertThrows(IllegalArgumentException.class, writer::end);
        assertEquals(0, writer.position());
    }

    @Test
    void refusesAnArgumentBeyondTheMessage() throws MalformedMessageException {
        writer.wrap(buffer, 0).begin(1, 0).putInt(1).end().begin(1, 0).putInt(2).end();
        reader.wrap(buffer, 0, writer.position());
        assertTrue(reader.next());
        assertEquals(1, reader.readInt());
        assertThrows(MalformedMessageException.class, reader::readInt);
        assertThrows(MalformedMessageException.class, reader::readNullableString);
        assertThrows(MalformedMessageException.class, reader::readArray);
    }

    @ParameterizedTest
    @ValueSource(ints = {9, 0x7fffffff, 0x80000000, 0xfffffffd, 0xffffffff})
    void refusesAStringOrArrayLongerThanTheMessage(int length) throws MalformedMessageException {
        writer.wrap(buffer, 0).begin(1, 0).putInt(length).putInt(0).putInt(0).end();
        reader.wrap(buffer, 0, buffer.byteSize());
        assertTrue(reader.next());
        assertThrows(MalformedMessageException.class, reader::readArray);
        assertThrows(MalformedMessageException.class, reader::readNullableString);
    }

    @Test
    void refusesAStringWithoutItsEndingZero() throws MalformedMessageException {
        writer.wrap(buffer, 0).begin(1, 0).putArray(new byte[] {'a', 'b', 'c', 'd'}).end();
        reader.wrap(buffer, 0, writer.position());
        assertTrue(reader.next());
        assertThrows(MalformedMessageException.class, reader::readString);
    }

    @Test
    void refusesNullWhereAStringMustBe() throws MalformedMessageException {
        writer.wrap(buffer, 0).begin(1, 0).putString(null).end();
        reader.wrap(buffer, 0, writer.position());
        assertTrue(reader.next());
        assertThrows(MalformedMessageException.class, reader::readString);
    }

    @Test
    void randomBytesAreReadOrRefusedButNeverOverrun() {
        var random = new Random(7);
        byte[] noise = new byte[512];
        for (int round = 0; round < 20_000; round++) {
            random.nextBytes(noise);
            noise[6] = (byte) random.nextInt(64);
            noise[7] = 0;
            noise[10] = 0;
            noise[11] = 0;
            MemorySegment heap = MemorySegment.ofArray(noise);
            reader.wrap(heap, 0, random.nextInt(noise.length));
            try {
                while (reader.next()) {
                    switch (random.nextInt(3)) {
                        case 0 -> reader.readNullableString();
                        case 1 -> reader.readArray();
                        default -> reader.readInt();
                    }
                }
            } catch (MalformedMessageException expected) {
                assertTrue(reader.consumed() <= noise.length);
            }
        }
    }
}
