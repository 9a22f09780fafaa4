package dev.wayferry.proxy.gpu;

/** What becomes of a guest blob that a guest sends to the compositor. */
public enum GuestShm {
    /** It is shared by {@code /dev/udmabuf} where that is possible, and refused elsewhere. */
    AUTO,
    /** A file of the host's stands for it, into which is copied what is damaged. */
    COPY,
    /** It is refused. */
    REFUSE
}
