package dev.wayferry.examples.compositor;

import java.util.Collection;

/** The modifier masks of {@code us.xkb} for keys by their evdev codes. */
final class Modifiers {
    private static final int SHIFT = 1;
    private static final int LOCK = 1 << 1;
    private static final int CONTROL = 1 << 2;
    private static final int MOD1 = 1 << 3;
    private static final int MOD2 = 1 << 4;
    private static final int MOD4 = 1 << 6;

    private static final int KEY_LEFTCTRL = 29;
    private static final int KEY_LEFTSHIFT = 42;
    private static final int KEY_RIGHTSHIFT = 54;
    private static final int KEY_LEFTALT = 56;
    private static final int KEY_CAPSLOCK = 58;
    private static final int KEY_NUMLOCK = 69;
    private static final int KEY_RIGHTCTRL = 97;
    private static final int KEY_RIGHTALT = 100;
    private static final int KEY_LEFTMETA = 125;
    private static final int KEY_RIGHTMETA = 126;

    private Modifiers() {}

    /** The modifiers that the keys held down make. */
    static int depressed(Collection<Integer> keys) {
        int mask = 0;
        for (int key : keys) {
            mask |= switch (key) {
                case KEY_LEFTSHIFT, KEY_RIGHTSHIFT -> SHIFT;
                case KEY_LEFTCTRL, KEY_RIGHTCTRL -> CONTROL;
                case KEY_LEFTALT, KEY_RIGHTALT -> MOD1;
                case KEY_LEFTMETA, KEY_RIGHTMETA -> MOD4;
                default -> locks(key);
            };
        }
        return mask;
    }

    /** The modifier that a key switches on and off, or 0. */
    static int locks(int key) {
        return switch (key) {
            case KEY_CAPSLOCK -> LOCK;
            case KEY_NUMLOCK -> MOD2;
            default -> 0;
        };
    }
}
