package dev.wayferry.fuzz;

import java.io.IOException;

/** The host process, or its classes in this one, as a guest's driver meets it. */
interface Host extends AutoCloseable {
    /** The guest's driver starts anew, with its queues empty. */
    void start(Driver driver) throws IOException;

    /** The VMM pauses the guest and lets it go on. */
    void pause(Driver driver) throws IOException;

    /** The VM is reset: nothing of the guest is left. */
    void reset() throws IOException;

    /** Has the host do what there is to do; what waits for other threads may take some turns. */
    void turn() throws IOException;

    /** Whether maps fail from now on. */
    void failMaps(boolean fail);

    /** Looks for what must not be, once nothing of the guest is left. */
    void check() throws IOException;

    @Override
    void close();
}
