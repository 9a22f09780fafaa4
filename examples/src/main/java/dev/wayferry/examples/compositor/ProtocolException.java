package dev.wayferry.examples.compositor;

/** A request that the protocol forbids: the client is told by {@code wl_display.error} and disconnected. */
final class ProtocolException extends Exception {
    private static final long serialVersionUID = 1L;
    private final int objectId;
    private final int code;

    ProtocolException(int objectId, int code, String message) {
        super(message);
        this.objectId = objectId;
        this.code = code;
    }

    /** The object that the error is about. */
    int objectId() {
        return objectId;
    }

    /** An entry of the {@code error} enumeration of that object's interface, or of wl_display's. */
    int code() {
        return code;
    }
}
