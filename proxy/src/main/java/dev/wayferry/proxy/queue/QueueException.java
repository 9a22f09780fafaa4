package dev.wayferry.proxy.queue;

/** The driver has broken the ring itself, so that it can't be followed any further. */
public final class QueueException extends Exception {
    private static final long serialVersionUID = 1L;

    public QueueException(String message) {
        super(message);
    }
}
