package dev.wayferry.examples.soak;

import java.io.IOException;

/** Something did not happen within its {@link Limit}. */
final class HangException extends IOException {
    private static final long serialVersionUID = 1L;

    HangException(String message) {
        super(message);
    }
}
