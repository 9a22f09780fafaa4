package dev.wayferry.bridge.mirror;

/** What a program asks for can't be mirrored, or makes no sense: its connection ends. */
public final class RefusedException extends Exception {
    private static final long serialVersionUID = 1L;

    RefusedException(String message) {
        super(message);
    }
}
