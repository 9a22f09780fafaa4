package dev.wayferry.posix;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What the kernel says of threads afterwards: sched_getattr(2). */
class PriorityTest {
    private static final int SCHED_GETATTR = SystemCall.X86_64 ? 315 : 275;
    private static final int LENGTH = 48;
    private static final int SCHED_OTHER = 0;
    private static final int SCHED_BATCH = 3;

    /** In nanoseconds. */
    private static final long PROMPT_SLICE = 100_000;

    private record Attributes(int policy, int nice, long slice) {
        static Attributes ofThisThread() {
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment attributes = arena.allocate(LENGTH, Long.BYTES);
                assertEquals(0, SystemCall.call(SCHED_GETATTR, 0, attributes.address(), LENGTH, 0));
                return new Attributes(
                        attributes.get(JAVA_INT, 4), attributes.get(JAVA_INT, 16), attributes.get(JAVA_LONG, 24));
            }
        }
    }

    private final List<Attributes> seen = new ArrayList<>();
    private final Attributes before = Attributes.ofThisThread();

    @Test
    void aPromptThreadIsWhatItWasButForItsSliceAndWhatItStartsHasTheUsualOne() throws Exception {
        inAThread(() -> {
            Priority.makePrompt();
            seen.add(Attributes.ofThisThread());
            inAThread(() -> seen.add(Attributes.ofThisThread()));
        });
        assertEquals(2, seen.size());
        assertEquals(prompt(), seen.get(0));
        assertEquals(before.slice(), seen.get(1).slice());
    }

    @Test
    void whatAPromptThreadStartsIsPromptIfThatWasAskedFor() throws Exception {
        inAThread(() -> {
            Priority.makePromptWithAllItStarts();
            inAThread(() -> seen.add(Attributes.ofThisThread()));
        });
        assertEquals(List.of(prompt()), seen);
    }

    @Test
    void anUnhurriedThreadHasItsShareOfTheCpuAsBefore() throws Exception {
        inAThread(() -> {
            Priority.makeUnhurried(0);
            seen.add(Attributes.ofThisThread());
        });
        int policy = before.policy() == SCHED_OTHER ? SCHED_BATCH : before.policy();
        assertEquals(List.of(new Attributes(policy, before.nice(), before.slice())), seen);
    }

    /** Kernels before 6.12 have no slices of threads' own, and say 0. */
    private Attributes prompt() {
        assertNotEquals(PROMPT_SLICE, before.slice());
        return new Attributes(before.policy(), before.nice(), before.slice() == 0 ? 0 : PROMPT_SLICE);
    }

    private interface Step {
        void take() throws Exception;
    }

    private static void inAThread(Step step) throws Exception {
        List<Exception> failures = new ArrayList<>();
        Thread thread = Thread.ofPlatform().start(() -> {
            try {
                step.take();
            } catch (Exception e) {
                failures.add(e);
            }
        });
        thread.join();
        assertEquals(List.of(), failures);
    }
}
