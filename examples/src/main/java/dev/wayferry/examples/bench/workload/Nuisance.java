package dev.wayferry.examples.bench.workload;

import dev.wayferry.examples.bench.guest.Finished;
import dev.wayferry.examples.bench.guest.GpuGuest;
import java.io.IOException;

/** A context of a guest that misbehaves while others of the same guest are measured. This one does not exist. */
class Nuisance {
    /** The most operations of its own that wait: with more a back-end may end it, which would be the end of the trouble. */
    private static final int MOST_WAITING = 4;

    final GpuGuest guest;
    private int waiting;

    Nuisance(GpuGuest guest) {
        this.guest = guest;
    }

    /** Begins, and goes so far as to be in the way. Nothing else may be under way. */
    void begin() throws IOException {}

    /** Goes on, if it is not kept waiting by then. */
    final void goOn() throws IOException {
        if (waiting < MOST_WAITING && guest.hasRoom(1) && more()) {
            waiting++;
            guest.kick();
        }
    }

    /** Prepares one operation more of what it does; false if there is none. */
    boolean more() throws IOException {
        return false;
    }

    /** An operation of it has come back. */
    void finished(int finished) throws IOException {
        if (Finished.kind(finished) == Finished.SEND) {
            waiting--;
        }
    }

    /** Whether something of it has not come back. */
    final boolean isKeptWaiting() {
        return waiting > 0;
    }

    /** Does more until it is kept waiting, or has done so {@code most} times. */
    final void fill(int most, long patienceNanos) throws IOException {
        for (int i = 0; i < most && waiting == 0; i++) {
            goOn();
            long end = System.nanoTime() + patienceNanos;
            for (long left = patienceNanos; waiting > 0 && left > 0; left = end - System.nanoTime()) {
                int finished = guest.next();
                if (finished == Finished.NOTHING) {
                    guest.await(left);
                } else {
                    finished(finished);
                }
            }
        }
    }

    /** Is gone. Nothing of others may be under way. */
    void end() throws IOException {}
}
