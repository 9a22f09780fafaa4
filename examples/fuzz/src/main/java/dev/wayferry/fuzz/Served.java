package dev.wayferry.fuzz;

import java.io.IOException;
import java.io.UncheckedIOException;
import org.jspecify.annotations.Nullable;

/** A host process of its own, met as a VMM and its guest do. */
final class Served implements Host {
    private static final int TURN_MILLIS = 5;

    private final ServedProcess process;
    private final VmmSocket socket;
    private final @Nullable VmmSocket backChannel;
    private boolean started;

    /** Takes ownership of {@code process}. */
    Served(ServedProcess process, Driver driver) throws IOException {
        this.process = process;
        this.socket = new VmmSocket(process.begin());
        this.backChannel = VmmSteps.negotiate(socket, 0);
        VmmSteps.memory(socket, driver);
    }

    @Override
    public void start(Driver driver) {
        reset();
        VmmSteps.ring(socket, driver, 0, 0);
        VmmSteps.ring(socket, driver, 1, 0);
        socket.awaitAll();
        started = true;
    }

    @Override
    public void pause(Driver driver) {
        // A VMM that stops rings is told where they were; here the driver just starts anew.
        driver.boot();
        start(driver);
    }

    @Override
    public void reset() {
        if (started) {
            VmmSteps.stop(socket, 0);
            VmmSteps.stop(socket, 1);
            socket.awaitAll();
            started = false;
        }
    }

    @Override
    public void turn() throws IOException {
        if (backChannel != null && backChannel.receive() > 0) {
            backChannel.payload();
            backChannel.send(backChannel.received().get(Commands.INT, 0), 5, 8, 8);
        }
        ServedProcess.pause(TURN_MILLIS);
        check();
    }

    @Override
    public void failMaps(boolean fail) {}

    @Override
    public void check() throws IOException {
        process.check();
        int unused = socket.receive();
        if (socket.isOver()) {
            throw new Finding(Finding.Kind.CRASH, "the host process has ended the session");
        }
    }

    @Override
    public void close() {
        if (backChannel != null) {
            backChannel.close();
        }
        socket.close();
        try {
            process.awaitEnd();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            process.close();
        }
    }
}
