package dev.wayferry.examples.soak;

import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Opens and closes connections, each a context of the host process, beside whatever else is going on. */
final class Churn implements AutoCloseable {
    private static final int PAUSE_MILLIS = 10;

    private final Path display;
    // Under the lock of this object.
    private long wanted;
    private long done;
    private long cutOff;
    private boolean closed;
    private @Nullable IOException failure;

    private Churn(Path display) {
        this.display = display;
    }

    /** On a thread of its own. */
    static Churn start(Path display) {
        Churn churn = new Churn(display);
        Thread unused = Thread.ofPlatform().daemon().name("contexts").start(churn::run);
        return churn;
    }

    /** Lets it go on until so many have been opened and closed. */
    synchronized void goOnTo(long count) {
        wanted = count;
        notifyAll();
    }

    /** Waits until it has got there. */
    synchronized void await(Limit limit) throws IOException, InterruptedException {
        long before = done;
        Limit untilNext = limit;
        while (done < wanted) {
            if (failure != null) {
                throw failure;
            }
            if (done > before) {
                before = done;
                untilNext = new Limit();
            }
            untilNext.check("no client gets through");
            wait(PAUSE_MILLIS);
        }
    }

    synchronized long done() {
        return done;
    }

    /** Those that were cut off by what was killed, and are not among the others. */
    synchronized long cutOff() {
        return cutOff;
    }

    private void run() {
        try {
            while (awaitTurn()) {
                openAndClose();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void openAndClose() throws InterruptedException {
        boolean connected = false;
        try (Probe probe = Probe.connect(display)) {
            connected = true;
            probe.roundTrip(new Limit());
            count();
        } catch (HangException e) {
            fail(e);
        } catch (IOException killed) {
            if (connected) {
                countCutOff();
            }
            Thread.sleep(PAUSE_MILLIS);
        }
    }

    private synchronized boolean awaitTurn() throws InterruptedException {
        while ((done >= wanted || failure != null) && !closed) {
            wait();
        }
        return !closed;
    }

    private synchronized void count() {
        done++;
        if (done == wanted) {
            notifyAll();
        }
    }

    private synchronized void countCutOff() {
        cutOff++;
    }

    private synchronized void fail(IOException e) {
        failure = e;
        notifyAll();
    }

    /** Ends, when the connection that there is has come to its end. */
    @Override
    public synchronized void close() {
        closed = true;
        notifyAll();
    }
}
