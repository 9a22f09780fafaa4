package dev.wayferry.bridge;

/** What kind of file a descriptor is, as far as it matters for carrying it. */
public enum FileKind {
    /** Memory that can be read: memfds, shared memory files, ordinary files. */
    MEMORY,
    /** A dma-buf. */
    DMA_BUF,
    /** The end of a pipe that is written to. */
    WRITE_PIPE,
    /** The end of a pipe that is read from. */
    READ_PIPE,
    /** An eventfd. */
    EVENT,
    /** An AF_UNIX socket of type SOCK_STREAM or SOCK_SEQPACKET that does not listen. */
    SOCKET,
    /** Anything else. */
    OTHER
}
