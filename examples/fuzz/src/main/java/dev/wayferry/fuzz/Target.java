package dev.wayferry.fuzz;

import java.io.IOException;

/** One of the ways in by which the host process can be met with bad intent. */
interface Target extends AutoCloseable {
    /**
     * Does what the input says, and looks at what came of it.
     *
     * @throws Finding when that must not be
     */
    void run(Input input) throws IOException;

    @Override
    void close();
}
