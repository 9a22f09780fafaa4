package dev.wayferry.examples.guestproxy;

/** What the program is told in {@code wl_display.error} before its connection ends. */
final class ProtocolError extends Exception {
    private static final long serialVersionUID = 1L;

    private final int objectId;
    private final int code;

    /**
     * An error of an object.
     *
     * @param objectId the object at fault
     * @param code the error's number in the object's interface
     */
    ProtocolError(int objectId, int code, String message) {
        super(message);
        this.objectId = objectId;
        this.code = code;
    }

    int objectId() {
        return objectId;
    }

    int code() {
        return code;
    }
}
