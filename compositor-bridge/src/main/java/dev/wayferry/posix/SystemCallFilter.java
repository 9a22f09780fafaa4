package dev.wayferry.posix;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Writes the program by which the kernel decides of each system call: a list of the calls that are allowed, some only with
 * certain arguments. All others answer {@code EPERM}, but those that this filter does not know, being newer, {@code ENOSYS}:
 * libc then does without. A call in the manner of another machine (of i386 on x86_64) ends the process.
 *
 * <p>Calls that are allowed whatever their arguments cost nothing here: the kernel finds out which those are once and then
 * runs no program for them (Linux 5.11).
 *
 * <p>Source: seccomp(2), struct seccomp_data; linux/filter.h, struct sock_filter.
 */
public final class SystemCallFilter {
    /** AUDIT_ARCH_X86_64 and AUDIT_ARCH_AARCH64 of linux/audit.h. */
    private static final int ARCH_X86_64 = 0xc000003e;

    private static final int ARCH_AARCH64 = 0xc00000b7;

    /** The first call of the x32 manner, which x86_64 has beside its own. */
    private static final int X32 = 0x40000000;

    private static final int NUMBER_OFFSET = 0;
    private static final int ARCH_OFFSET = 4;
    private static final int ARGUMENTS_OFFSET = 16;

    private static final int LOAD = 0x20; // BPF_LD | BPF_W | BPF_ABS
    private static final int AND = 0x54; // BPF_ALU | BPF_AND | BPF_K
    private static final int JUMP_IF_EQUAL = 0x15; // BPF_JMP | BPF_JEQ | BPF_K
    private static final int JUMP_IF_NOT_LESS = 0x35; // BPF_JMP | BPF_JGE | BPF_K
    private static final int RETURN = 0x06; // BPF_RET | BPF_K

    static final int ALLOW = 0x7fff0000;
    static final int KILL_PROCESS = 0x80000000;
    static final int REFUSE = 0x00050000; // SECCOMP_RET_ERRNO, and the error number

    private final boolean x86;
    private final List<String> allowed = new ArrayList<>();
    private long[] code = new long[512];
    private int length;

    /**
     * What an argument has to be. Arguments of the kernel's type int are their lower halves, as the kernel takes them.
     *
     * @param index of the argument, from 0
     * @param mask which bits of the lower half count
     * @param whole whether the upper half has to be 0 as well
     * @param values one of which it has to be
     */
    private record Condition(int index, int mask, boolean whole, int... values) {}

    /** Conditions that have to hold together. */
    public static final class Arguments {
        private final Condition[] conditions;

        private Arguments(Condition... conditions) {
            this.conditions = conditions;
        }

        /** An int that is one of {@code values}. */
        public static Arguments anyOf(int index, int... values) {
            return new Arguments(new Condition(index, -1, false, values));
        }

        /** An int that has of the bits of {@code mask} those of {@code value}. */
        public static Arguments bits(int index, int mask, int value) {
            return new Arguments(new Condition(index, mask, false, value));
        }

        /** A pointer that is null. */
        public static Arguments isNull(int index) {
            return new Arguments(new Condition(index, -1, true, 0));
        }

        public Arguments and(Arguments others) {
            Condition[] all = Arrays.copyOf(conditions, conditions.length + others.conditions.length);
            System.arraycopy(others.conditions, 0, all, conditions.length, others.conditions.length);
            return new Arguments(all);
        }
    }

    /** A filter for this machine that allows nothing yet. */
    public SystemCallFilter() {
        this(SystemCall.X86_64);
    }

    /** One for x86_64, or for aarch64. */
    public SystemCallFilter(boolean x86) {
        this.x86 = x86;
        emit(LOAD, 0, 0, ARCH_OFFSET);
        emit(JUMP_IF_EQUAL, 1, 0, x86 ? ARCH_X86_64 : ARCH_AARCH64);
        emit(RETURN, 0, 0, KILL_PROCESS);
        emit(LOAD, 0, 0, NUMBER_OFFSET);
        if (x86) {
            emit(JUMP_IF_NOT_LESS, 0, 1, X32);
            emit(RETURN, 0, 0, KILL_PROCESS);
        }
    }

    /** Allows a call; its number is less than 0 on a machine that has no such call. */
    public void allow(String name, int onX86, int onAarch64) {
        note(name, answer(x86 ? onX86 : onAarch64, ALLOW));
    }

    /** Lets a call seem to be none of this kernel's. */
    public void hide(int onX86, int onAarch64) {
        boolean unused = answer(x86 ? onX86 : onAarch64, REFUSE | Errno.ENOSYS);
    }

    private boolean answer(int number, int answer) {
        if (number < 0) {
            return false;
        }
        emit(JUMP_IF_EQUAL, 0, 1, number);
        emit(RETURN, 0, 0, answer);
        return true;
    }

    private void note(String name, boolean known) {
        if (known) {
            allowed.add(name);
        }
    }

    /** The names of the calls that are allowed, if only with certain arguments. */
    public List<String> allowed() {
        return List.copyOf(allowed);
    }

    /** Allows a call with certain arguments; further ones can be allowed after that. */
    public void allow(String name, int onX86, int onAarch64, Arguments arguments) {
        int number = x86 ? onX86 : onAarch64;
        if (number < 0) {
            return;
        }
        note(name, true);
        int start = length;
        emit(JUMP_IF_EQUAL, 0, 0, number);
        int[] mismatches = new int[2 * arguments.conditions.length];
        int count = 0;
        for (Condition condition : arguments.conditions) {
            // Both machines are little-endian.
            int offset = ARGUMENTS_OFFSET + Long.BYTES * condition.index;
            if (condition.whole) {
                emit(LOAD, 0, 0, offset + Integer.BYTES);
                mismatches[count++] = length;
                emit(JUMP_IF_EQUAL, 0, 0, 0);
            }
            emit(LOAD, 0, 0, offset);
            if (condition.mask != -1) {
                emit(AND, 0, 0, condition.mask);
            }
            int last = condition.values.length - 1;
            for (int i = 0; i < last; i++) {
                emit(JUMP_IF_EQUAL, last - i, 0, condition.values[i]);
            }
            mismatches[count++] = length;
            emit(JUMP_IF_EQUAL, 0, 0, condition.values[last]);
        }
        emit(RETURN, 0, 0, ALLOW);
        // Whatever does not suit goes on with the next entry, which wants the number again.
        for (int i = 0; i < count; i++) {
            jumpOnMismatch(mismatches[i], length);
        }
        emit(LOAD, 0, 0, NUMBER_OFFSET);
        jumpOnMismatch(start, length);
    }

    private void jumpOnMismatch(int at, int target) {
        code[at] |= (long) (target - at - 1) << 24;
    }

    /** Ends the list; {@code last} is the number of the newest call that was thought of. */
    public void refuseOthersUpTo(int last) {
        emit(JUMP_IF_NOT_LESS, 0, 1, last + 1);
        emit(RETURN, 0, 0, REFUSE | Errno.ENOSYS);
        emit(RETURN, 0, 0, REFUSE | Errno.EPERM);
    }

    /** The instructions, each a struct sock_filter: code, jump if true, jump if false, operand. */
    public long[] program() {
        return Arrays.copyOf(code, length);
    }

    private void emit(int operation, int ifTrue, int ifFalse, int operand) {
        if (length == code.length) {
            code = Arrays.copyOf(code, 2 * length);
        }
        code[length++] = operation | (long) ifTrue << 16 | (long) ifFalse << 24 | (long) operand << 32;
    }
}
