package dev.wayferry.proxy.sandbox;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wayferry.posix.SystemCallFilter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the kernel would do with calls, on either machine: the filter's program is run here as the kernel runs it. */
class AllowedCallsTest {
    private static final int X86_64 = 0xc000003e;
    private static final int AARCH64 = 0xc00000b7;
    private static final int ARM = 0x40000028;
    private static final int I386 = 0x40000003;

    private static final int ALLOW = 0x7fff0000;
    private static final int KILL = 0x80000000;
    private static final int EPERM = 0x00050001;
    private static final int ENOSYS = 0x00050026;

    private static final int SELF = 4711;

    private static long[] program(boolean x86, boolean realtime) {
        SystemCallFilter filter = new SystemCallFilter(x86);
        AllowedCalls.fill(filter, SELF, realtime);
        return filter.program();
    }

    private static int decide(int machine, int number, long... arguments) {
        return decide(program(machine == X86_64 || machine == I386, false), machine, number, arguments);
    }

    /** Runs a program as bpf(4) and linux/filter.h say, of what there is in them as far as it is used. */
    private static int decide(long[] program, int machine, int number, long... arguments) {
        int a = 0;
        for (int at = 0; ; at++) {
            long instruction = program[at];
            int operand = (int) (instruction >>> 32);
            int ifTrue = (int) (instruction >>> 16) & 0xff;
            int ifFalse = (int) (instruction >>> 24) & 0xff;
            switch ((int) instruction & 0xffff) {
                case 0x20 -> a = load(operand, machine, number, arguments);
                case 0x54 -> a &= operand;
                case 0x15 -> at += a == operand ? ifTrue : ifFalse;
                case 0x35 -> at += Integer.compareUnsigned(a, operand) >= 0 ? ifTrue : ifFalse;
                case 0x06 -> {
                    return operand;
                }
                default -> throw new AssertionError("instruction " + at);
            }
        }
    }

    /** A word of struct seccomp_data. */
    private static int load(int offset, int machine, int number, long[] arguments) {
        if (offset < 16) {
            return offset == 0 ? number : machine;
        }
        int index = (offset - 16) / 8;
        long argument = index < arguments.length ? arguments[index] : 0;
        return (int) (offset % 8 == 0 ? argument : argument >>> 32);
    }

    @Test
    void allowsWhatServingTakesOnBothMachines() {
        assertEquals(ALLOW, decide(X86_64, 46), "sendmsg");
        assertEquals(ALLOW, decide(AARCH64, 211), "sendmsg");
        assertEquals(ALLOW, decide(X86_64, 232), "epoll_wait");
        assertEquals(ALLOW, decide(AARCH64, 22), "epoll_pwait");
        assertEquals(ALLOW, decide(X86_64, 9), "mmap");
        assertEquals(ALLOW, decide(AARCH64, 226), "mprotect");
    }

    @Test
    void onlyUnixSockets() {
        assertEquals(ALLOW, decide(X86_64, 41, 1));
        assertEquals(ALLOW, decide(X86_64, 53, 1));
        assertEquals(ALLOW, decide(AARCH64, 198, 1));
        assertEquals(EPERM, decide(X86_64, 41, 2));
        assertEquals(EPERM, decide(AARCH64, 198, 10));
        assertEquals(EPERM, decide(AARCH64, 199, 16));
        // The kernel takes the lower half, so that is what counts.
        assertEquals(EPERM, decide(X86_64, 41, 1L << 32 | 2));
    }

    @Test
    void threadsAreClonedButNeitherProcessesNorNamespaces() {
        long thread = 0x3d0f00; // what glibc asks for
        for (int machine : new int[] {X86_64, AARCH64}) {
            int clone = machine == X86_64 ? 56 : 220;
            assertEquals(ALLOW, decide(machine, clone, thread));
            assertEquals(EPERM, decide(machine, clone, 17), "fork");
            assertEquals(EPERM, decide(machine, clone, 0x4111), "vfork");
            for (long namespace : new long[] {
                0x80, 0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000
            }) {
                assertEquals(EPERM, decide(machine, clone, thread | namespace), Long.toHexString(namespace));
            }
            assertEquals(ENOSYS, decide(machine, 435), "clone3");
        }
    }

    @Test
    void ioctlsOfAllocatorsAndDriversOnly() {
        for (long request : new long[] {0x40087543, 0xc0184800L, 0x40086200, 0xc00c642dL, 0x541b, 0x5421, 0x5401}) {
            assertEquals(ALLOW, decide(X86_64, 16, 3, request), Long.toHexString(request));
            assertEquals(ALLOW, decide(AARCH64, 29, 3, request), Long.toHexString(request));
        }
        for (long request : new long[] {0x5412, 0x5410, 0x4b46, 0xae01, 0x40087542, 0}) {
            assertEquals(EPERM, decide(X86_64, 16, 3, request), Long.toHexString(request));
        }
    }

    @Test
    void signalsAndPrioritiesOfItsOwn() {
        assertEquals(ALLOW, decide(X86_64, 234, SELF));
        assertEquals(EPERM, decide(X86_64, 234, 1));
        assertEquals(EPERM, decide(X86_64, 62, SELF), "kill");
        assertEquals(ALLOW, decide(X86_64, 141, 0, 0));
        assertEquals(EPERM, decide(X86_64, 141, 0, 1));
        assertEquals(EPERM, decide(X86_64, 141, 1, 0));
        assertEquals(ALLOW, decide(X86_64, 203, 0));
        assertEquals(EPERM, decide(X86_64, 203, 1));
    }

    @Test
    void limitsAreReadAndNeverSet() {
        assertEquals(ALLOW, decide(X86_64, 302, 0, 7, 0));
        assertEquals(EPERM, decide(X86_64, 302, 1, 7, 0));
        assertEquals(EPERM, decide(X86_64, 302, 0, 7, 0x1000));
        assertEquals(EPERM, decide(X86_64, 302, 0, 7, 0x1000_0000_0000L));
    }

    @Test
    void realTimeThreadsOnlyWhereTheyWereAskedFor() {
        assertEquals(EPERM, decide(program(true, false), X86_64, 144, 0));
        assertEquals(ALLOW, decide(program(true, true), X86_64, 144, 0));
        assertEquals(EPERM, decide(program(true, true), X86_64, 144, 1));
        assertEquals(ALLOW, decide(program(false, true), AARCH64, 119, 0));
    }

    @ParameterizedTest
    @ValueSource(ints = {
        59, 322, 57, 58, 101, 310, 311, 321, 298, 425, 426, 427, 165, 166, 155, 429, 430, 431, 432, 433, 442, 246, 320, 175,
        313, 272, 308, 317, 446, 126, 105, 106, 62, 200, 49, 50, 250, 323, 304, 434, 438, 424, 447, 161, 169, 135, 83, 86, 88,
        90, 92, 160
    })
    void refusesWhatServingNeverTakes(int number) {
        assertEquals(EPERM, decide(X86_64, number));
    }

    @Test
    void theFirstRefusedNumberOfTheFutureLooksUnknown() {
        assertEquals(EPERM, decide(X86_64, 450));
        assertEquals(ENOSYS, decide(X86_64, 451));
        assertEquals(ENOSYS, decide(AARCH64, 600));
    }

    @Test
    void anotherMachinesMannerEndsTheProcess() {
        assertEquals(KILL, decide(program(true, false), I386, 4));
        assertEquals(KILL, decide(program(true, false), X86_64, 0x40000000 | 1));
        assertEquals(KILL, decide(program(false, false), ARM, 4));
    }

    @Test
    void namesItsCalls() {
        SystemCallFilter filter = AllowedCalls.filter(SELF, false);
        assertTrue(filter.allowed().contains("sendmsg"));
        assertTrue(filter.allowed().stream().noneMatch(name -> name.startsWith("exec")));
    }
}
