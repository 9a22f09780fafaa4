package dev.wayferry.proxy.vhostuser;

import java.io.IOException;

/** The front-end has sent something that can't be followed; the message says what and with which numbers. */
final class VhostUserException extends IOException {
    private static final long serialVersionUID = 1L;

    VhostUserException(String message) {
        super(message);
    }
}
