package dev.wayferry.examples.client;

import java.io.IOException;

/** The compositor hung up, refused a request or sent what is no Wayland message. */
public final class ConnectionBrokenException extends IOException {
    private static final long serialVersionUID = 1L;

    public ConnectionBrokenException(String message) {
        super(message);
    }
}
