package dev.wayferry.examples.bench.guest;

import java.io.IOException;

/** A back-end has answered a command with an error. */
public final class RefusedException extends IOException {
    private static final long serialVersionUID = 1L;

    RefusedException(String message) {
        super(message);
    }
}
