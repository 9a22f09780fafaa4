package dev.wayferry.proxy.gpu;

/** What becomes of a guest blob that a guest sends to the compositor. */
public enum GuestShm {
    /** It is shared by {@code /dev/udmabuf} where that is possible, and refused elsewhere. */
    AUTO,
    /** It is refused. */
    REFUSE
}
