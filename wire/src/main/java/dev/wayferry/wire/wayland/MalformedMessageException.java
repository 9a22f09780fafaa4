package dev.wayferry.wire.wayland;

/** Bytes that are no Wayland message, or not one of the signature expected. The connection cannot go on. */
public final class MalformedMessageException extends Exception {
    private static final long serialVersionUID = 1L;

    public MalformedMessageException(String message) {
        super(message);
    }
}
