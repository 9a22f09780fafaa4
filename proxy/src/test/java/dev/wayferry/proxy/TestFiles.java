package dev.wayferry.proxy;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wayferry.posix.FileStatus;
import dev.wayferry.posix.Memory;
import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.Posix;
import dev.wayferry.posix.PosixException;
import dev.wayferry.proxy.TestCompositor.Connection;
import dev.wayferry.proxy.TestGuest.Message;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;

/** Memory files and pipes as a compositor or a program has them. */
final class TestFiles {
    /** A number that a guest may give a pipe. */
    static final int PIPE = 0x8000_0001;

    private TestFiles() {}

    static OwnedFd memfd(String content, long size) throws PosixException {
        OwnedFd file = OwnedFd.of(Memory.memfdCreate("compositor"), "memfd");
        PosixException.check(Memory.ftruncate(file.number(), size), "ftruncate");
        write(file, content);
        return file;
    }

    static void write(OwnedFd file, String content) {
        try (Arena arena = Arena.ofConfined()) {
            byte[] bytes = content.getBytes(StandardCharsets.UTF_8);
            assertEquals(bytes.length, Posix.write(file.number(), arena.allocateFrom(ValueLayout.JAVA_BYTE, bytes)));
        }
    }

    /** What is in the pipe now; waits for something, nothing at its end. */
    static String read(OwnedFd pipe) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment room = arena.allocate(1 << 16);
            assertTrue(Posix.poll(pipe.number(), Posix.POLLIN, 20_000) > 0, "nothing comes");
            long count = Posix.read(pipe.number(), room);
            return new String(room.asSlice(0, count).toArray(ValueLayout.JAVA_BYTE), StandardCharsets.UTF_8);
        }
    }

    static String text(MemorySegment memory, int length) {
        return new String(memory.asSlice(0, length).toArray(ValueLayout.JAVA_BYTE), StandardCharsets.UTF_8);
    }

    static long size(OwnedFd file) {
        try (Arena arena = Arena.ofConfined()) {
            FileStatus status = new FileStatus(arena);
            assertEquals(0, status.read(file.number()));
            return status.size();
        }
    }

    /** A pipe's read end and write end. */
    static OwnedFd[] pipe() throws PosixException {
        long ends = PosixException.check(Posix.pipe(), "pipe");
        return new OwnedFd[] {new OwnedFd(Posix.readEnd(ends)), new OwnedFd(Posix.writeEnd(ends))};
    }

    /** Sends the guest a pipe to write to, which is closed here; returns its number there. */
    static int receivePipe(TestVm vm, Connection client, OwnedFd writeEnd) throws PosixException {
        client.send("send", writeEnd.number());
        writeEnd.close();
        Message message = vm.guest.receive(1);
        assertArrayEquals(new int[] {TestGuest.WRITE_PIPE}, message.types());
        return message.ids()[0];
    }
}
