package dev.wayferry.examples.bench;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;

/** What has to be closed, in the opposite order of its opening. */
public final class OpenResources implements AutoCloseable {
    private final Deque<AutoCloseable> open = new ArrayDeque<>();

    /** Takes ownership of {@code resource}, and returns it. */
    public <T extends AutoCloseable> T add(T resource) {
        open.push(resource);
        return resource;
    }

    @Override
    public void close() throws IOException {
        while (!open.isEmpty()) {
            try {
                open.pop().close();
            } catch (IOException | RuntimeException e) {
                throw e;
            } catch (Exception e) {
                throw new IOException(e);
            }
        }
    }
}
