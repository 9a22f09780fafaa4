package dev.wayferry.examples.compositor;

import dev.wayferry.posix.Memory;
import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.Posix;
import dev.wayferry.posix.PosixException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/** The keyboard's layout, XKB text in a memory file that nobody can change. */
final class Keymap implements AutoCloseable {
    private static final String RESOURCE = "us.xkb";

    private final OwnedFd file;
    private final int size;

    private Keymap(OwnedFd file, int size) {
        this.file = file;
        this.size = size;
    }

    /** The text that every keyboard gets, with the zero that ends it. */
    static byte[] text() throws IOException {
        try (InputStream resource = Keymap.class.getResourceAsStream(RESOURCE)) {
            if (resource == null) {
                throw new FileNotFoundException(RESOURCE);
            }
            byte[] text = resource.readAllBytes();
            return Arrays.copyOf(text, text.length + 1);
        }
    }

    static Keymap load() throws IOException {
        byte[] text = text();
        try (OwnedFd writable = OwnedFd.of(Memory.memfdCreate("wayferry-keymap"), "memfd_create");
                Arena arena = Arena.ofConfined()) {
            MemorySegment bytes = arena.allocateFrom(ValueLayout.JAVA_BYTE, text);
            long written = PosixException.check(Posix.write(writable.number(), bytes), "write of the keymap");
            if (written < text.length) {
                throw new IOException("write of the keymap: " + written + " of " + text.length + " bytes");
            }
            int seals = Memory.F_SEAL_SHRINK | Memory.F_SEAL_GROW | Memory.F_SEAL_WRITE | Memory.F_SEAL_SEAL;
            PosixException.check(Memory.addSeals(writable.number(), seals), "fcntl F_ADD_SEALS");
            // Opened anew for reading: a shared mapping of a write-sealed file fails where the descriptor could write.
            int readable = Posix.open("/proc/self/fd/" + writable.number(), Posix.O_RDONLY);
            return new Keymap(OwnedFd.of(readable, "open of the keymap"), text.length);
        }
    }

    /** A descriptor for a client, owned by the caller. */
    OwnedFd share() throws PosixException {
        return file.duplicate();
    }

    /** Bytes, the ending zero among them. */
    int size() {
        return size;
    }

    @Override
    public void close() {
        file.close();
    }
}
