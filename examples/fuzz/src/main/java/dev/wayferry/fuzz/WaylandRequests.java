package dev.wayferry.fuzz;

/** Requests of Wayland's shared memory, of which a guest's program makes its windows. */
final class WaylandRequests {
    private static final int CREATE_POOL = 1;
    private static final int MOST_ARGUMENTS = 6;

    private static final String[] GLOBALS = {"wl_shm", "wl_compositor", "wl_subcompositor", "wp_viewporter", "zwp_none_v1"};

    private WaylandRequests() {}

    /** Fills {@code words} with one or more requests; returns how many words they have. */
    static int fill(Input input, int[] words) {
        int count = 0;
        int requests = 1 + input.below(3);
        for (int i = 0; i < requests; i++) {
            count = switch (input.below(5)) {
                // wl_display.get_registry(2)
                case 0 -> request(words, count, 1, 1, 2);
                case 1 -> bind(input, words, count);
                // wl_shm.create_pool, of object 3 if it was bound so
                case 2 -> request(words, count, 3, 0, object(input), 4096 << input.below(4));
                // wl_shm_pool.create_buffer
                case 3 -> request(words, count, object(input), 0, object(input), input.number32(), 1 + input.next(),
                        1 + input.next(), input.number32(), input.below(2));
                default -> any(input, words, count);
            };
        }
        if (input.below(16) == 15) {
            words[0] = input.number32();
        }
        return input.below(16) == 15 ? input.below(count + 1) : count;
    }

    /** How many descriptors these words want, the first request looked at alone. */
    static int files(int[] words) {
        return words[0] == 3 && (words[1] & 0xffff) == CREATE_POOL - 1 ? 1 : 0;
    }

    private static int object(Input input) {
        int choice = input.next();
        return choice < 0xf0 ? 1 + choice % 12 : input.number32();
    }

    private static int any(Input input, int[] words, int at) {
        int[] arguments = new int[input.below(MOST_ARGUMENTS + 1)];
        int id = object(input);
        int opcode = input.below(16);
        for (int i = 0; i < arguments.length; i++) {
            arguments[i] = input.flag() ? object(input) : input.number32();
        }
        return request(words, at, id, opcode, arguments);
    }

    private static int bind(Input input, int[] words, int at) {
        String name = GLOBALS[input.below(GLOBALS.length)];
        int length = name.length() + 1;
        int[] arguments = new int[2 + (length + 3) / 4 + 2];
        arguments[0] = 1;
        arguments[1] = length;
        for (int i = 0; i < name.length(); i++) {
            arguments[2 + i / 4] |= name.charAt(i) << (8 * (i % 4));
        }
        arguments[arguments.length - 2] = 1;
        arguments[arguments.length - 1] = 3 + input.below(4);
        return request(words, at, 2, 0, arguments);
    }

    private static int request(int[] words, int at, int id, int opcode, int... arguments) {
        int next = at;
        words[next++] = id;
        words[next++] = (8 + 4 * arguments.length) << 16 | opcode;
        for (int argument : arguments) {
            words[next++] = argument;
        }
        return next;
    }
}
