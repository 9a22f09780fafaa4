package dev.wayferry.fuzz;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * How far a fuzzing process is, in a file that others map too: it is there however the process dies, and so is the input
 * that it died of.
 */
final class Status {
    private static final long EXECUTIONS = 0;
    private static final long LENGTH = 8;
    private static final long INPUT = 16;
    private static final int MOST = 1 << 16;

    private final MemorySegment memory;

    private Status(MemorySegment memory) {
        this.memory = memory;
    }

    /** The status in {@code file}, which is made if it is not there. */
    static Status in(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(
                file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            return new Status(channel.map(FileChannel.MapMode.READ_WRITE, 0, INPUT + MOST, Arena.global()));
        }
    }

    /** An input is about to be run. */
    void begin(byte[] input) {
        int length = Math.min(input.length, MOST);
        memory.set(ValueLayout.JAVA_LONG, LENGTH, length);
        MemorySegment.copy(MemorySegment.ofArray(input), 0, memory, INPUT, length);
        memory.set(ValueLayout.JAVA_LONG, EXECUTIONS, executions() + 1);
    }

    long executions() {
        return memory.get(ValueLayout.JAVA_LONG, EXECUTIONS);
    }

    /** The input that was run last. */
    byte[] input() {
        int length = Math.clamp(memory.get(ValueLayout.JAVA_LONG, LENGTH), 0, MOST);
        return memory.asSlice(INPUT, length).toArray(ValueLayout.JAVA_BYTE);
    }
}
