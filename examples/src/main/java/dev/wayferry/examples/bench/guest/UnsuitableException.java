package dev.wayferry.examples.bench.guest;

import java.io.IOException;

/** A back-end, or this machine, lacks what a measurement needs; the message says what. */
public final class UnsuitableException extends IOException {
    private static final long serialVersionUID = 1L;

    public UnsuitableException(String message) {
        super(message);
    }
}
