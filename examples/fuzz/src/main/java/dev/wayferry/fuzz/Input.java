package dev.wayferry.fuzz;

/**
 * What a fuzzer made, read as a sequence of small choices. Behind its end everything is 0, so each prefix of an input means
 * something, too.
 */
final class Input {
    private final byte[] bytes;
    private int at;

    Input(byte[] bytes) {
        this.bytes = bytes;
    }

    boolean isEmpty() {
        return at >= bytes.length;
    }

    /** The next byte, 0 to 255. */
    int next() {
        return at < bytes.length ? bytes[at++] & 0xff : 0;
    }

    /** A number from 0 to {@code bound - 1}. */
    int below(int bound) {
        return next() % bound;
    }

    boolean flag() {
        return (next() & 1) != 0;
    }

    int nextShort() {
        return next() | next() << 8;
    }

    int nextInt() {
        return nextShort() | nextShort() << 16;
    }

    long nextLong() {
        return (nextInt() & 0xffff_ffffL) | ((long) nextInt() << 32);
    }

    /** A number that is small, at an edge, or anything. */
    long number() {
        int choice = next();
        return switch (choice) {
            case 0xff -> nextLong();
            case 0xfe -> nextInt();
            case 0xfd -> Integer.MAX_VALUE;
            case 0xfc -> Long.MAX_VALUE;
            case 0xfb -> -1;
            case 0xfa -> 1L << 31;
            case 0xf9 -> 1L << 63;
            case 0xf8 -> nextShort();
            case 0xf7 -> 1L << below(Long.SIZE);
            case 0xf6 -> -4096;
            default -> choice < 0xe0 ? choice : (choice - 0xdfL) << 12;
        };
    }

    /** The same for a field of 32 bits. */
    int number32() {
        return (int) number();
    }
}
