package dev.wayferry.examples.bench.guest;

import java.io.IOException;

/** A guest's pipes, one each way a connection. */
public interface Pipes {
    /** The most bytes of one WRITE. */
    int MAX_WRITE = 4072;

    // ---- From the compositor.

    /**
     * Sends the payload of the connection's first SEND together with the end of a pipe that the compositor is to write to,
     * and waits until that is done. Nothing of the connection may be under way.
     */
    void openForReading(int connection, int length) throws IOException;

    /** Prepares what is finished, as a POLL, when something has come through the pipe or it has ended. */
    void read(int connection) throws IOException;

    /** Where in the guest's memory lies what came through the pipe. */
    long data(int connection);

    /** How many bytes came through the pipe, 0 at its end. */
    int dataLength(int connection) throws IOException;

    // ---- To the compositor.

    /**
     * The last POLL has brought the end of a pipe to write to. From now on so many slots are for WRITEs, the first SEND's
     * not among them.
     */
    void openForWriting(int connection, int slots) throws IOException;

    /** Where in the guest's memory the payload of a WRITE is to be put; slots count from 1. */
    long payload(int connection, int slot);

    /** Prepares the first {@code length} bytes of the {@link #payload} to go into the pipe; finished as a SEND. */
    void write(int connection, int slot, int length) throws IOException;

    /** Ends the pipe, and waits until that is done. Nothing of the connection may be under way. */
    void hangUp(int connection) throws IOException;
}
