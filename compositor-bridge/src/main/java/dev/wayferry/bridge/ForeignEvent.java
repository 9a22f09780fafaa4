package dev.wayferry.bridge;

import dev.wayferry.posix.Errno;
import dev.wayferry.posix.Iovecs;
import dev.wayferry.posix.Posix;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Reading and signalling an eventfd that somebody else made and still holds. It may be a blocking one, and stays so: its
 * O_NONBLOCK is theirs, too. Reading does not block all the same; nor does adding, unless somebody else fills the counter
 * in the moment between the look at it and the write.
 */
public final class ForeignEvent {
    private static final String COUNT = "eventfd-count:";
    private static final int HEX = 16;

    /** The largest value that the counter of an eventfd can have (eventfd(2)), as an unsigned number. */
    private static final long MOST = -2;

    private ForeignEvent() {}

    /** Reads the counter, or with EFD_SEMAPHORE 1, into the one buffer of 8 bytes; {@code -EAGAIN} when it is 0. */
    public static long read(int event, Iovecs buffer) {
        return Posix.readNoWait(event, buffer);
    }

    /**
     * Adds the 8 bytes of {@code value}, native memory in the machine's order, to the counter.
     *
     * @return 8, {@code -EAGAIN} when that is more than the counter holds, or another negative error number
     */
    public static long add(int event, MemorySegment value) {
        int flags = Posix.statusFlags(event);
        if (flags < 0) {
            return flags;
        }
        // There is no write(2) that does not wait but by O_NONBLOCK, and none to be had here: so it is looked up first.
        if ((flags & Posix.O_NONBLOCK) == 0 && !hasRoom(event, value.get(ValueLayout.JAVA_LONG, 0))) {
            return -Errno.EAGAIN;
        }
        return Posix.write(event, value);
    }

    private static boolean hasRoom(int event, long value) {
        try {
            for (String line : Files.readAllLines(Path.of("/proc/self/fdinfo/" + event))) {
                if (line.startsWith(COUNT)) {
                    long count = Long.parseUnsignedLong(line.substring(COUNT.length()).strip(), HEX);
                    return Long.compareUnsigned(count, MOST) <= 0 && Long.compareUnsigned(value, MOST - count) <= 0;
                }
            }
        } catch (IOException e) {
            return false;
        }
        return false;
    }
}
