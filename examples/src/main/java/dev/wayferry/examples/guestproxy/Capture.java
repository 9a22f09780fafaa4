package dev.wayferry.examples.guestproxy;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** An object by which the compositor draws a picture of the screen into a program's buffer, in any of several protocols. */
final class Capture extends WaylandObject {
    private @Nullable ShmBuffer target;

    Capture(int id, String interfaceName) {
        super(id, interfaceName);
    }

    /** The program has named the buffer to fill. */
    void target(ShmBuffer buffer) {
        target = buffer;
    }

    /** The compositor tells something; when it is that the picture is there, the program gets it. Returns the bytes copied. */
    long event(String name) throws IOException {
        ShmBuffer filled = target;
        if (filled == null || !(name.equals("ready") || name.equals("complete"))) {
            return 0;
        }
        target = null;
        return filled.writeBack();
    }
}
