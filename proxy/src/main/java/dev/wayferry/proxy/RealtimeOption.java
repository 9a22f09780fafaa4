package dev.wayferry.proxy;

import dev.wayferry.posix.PosixException;
import dev.wayferry.posix.Realtime;
import dev.wayferry.proxy.loop.LoopTuning;
import java.io.IOException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * What {@code --realtime} says: which CPU the loop has to itself.
 *
 * <p>Nothing here sees to it that no collection stops the loop: the collector runs only when an allocation finds no room, and
 * in steady state messages and frames allocate nothing, unless pixels have to be copied or a call fails.
 */
record RealtimeOption(int cpu) {
    /** Stands for the last CPU that the process may use; the first ones have most interrupts to serve. */
    static final String LAST = "last";

    private static final int LAST_CPU = -1;

    /** Reads the number of a CPU, or {@value RealtimeOption#LAST}. */
    static final class Converter implements ITypeConverter<RealtimeOption> {
        @Override
        public RealtimeOption convert(String value) {
            if (value.equals(LAST)) {
                return new RealtimeOption(LAST_CPU);
            }
            if (!value.matches("\\d{1,6}")) {
                throw new TypeConversionException("'" + value + "' is neither the number of a CPU nor " + LAST);
            }
            return new RealtimeOption(Integer.parseInt(value));
        }
    }

    /**
     * Locks memory, and tries on a thread of its own what each session's loop will do.
     *
     * @return the loop's CPU
     * @throws IOException with all that is not permitted
     */
    int prepare() throws IOException {
        BitSet allowed = Realtime.cpus();
        int chosen = cpu == LAST_CPU ? allowed.length() - 1 : cpu;
        if (chosen < 0) {
            throw new IOException("--realtime: the kernel does not tell on which CPUs this process may run");
        }
        List<String> wrong = new ArrayList<>();
        note(wrong, Realtime::lockMemory);
        Thread trial = Thread.ofPlatform().name("real-time trial").start(() -> note(wrong, () -> Realtime.enter(chosen)));
        try {
            trial.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("--realtime: interrupted", e);
        }
        if (!wrong.isEmpty()) {
            throw new IOException("--realtime: not permitted here: " + String.join("; ", wrong));
        }
        return chosen;
    }

    /** The CPU of {@code option}'s loop, {@link LoopTuning#NOT_REALTIME} where there is no such option. */
    static int prepare(@Nullable RealtimeOption option) throws IOException {
        return option == null ? LoopTuning.NOT_REALTIME : option.prepare();
    }

    private interface Step {
        void take() throws PosixException;
    }

    private static void note(List<String> wrong, Step step) {
        try {
            step.take();
        } catch (PosixException e) {
            wrong.add(String.valueOf(e.getMessage()));
        }
    }
}
