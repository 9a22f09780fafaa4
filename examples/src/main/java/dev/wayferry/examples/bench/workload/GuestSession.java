package dev.wayferry.examples.bench.workload;

import dev.wayferry.examples.bench.backend.Running;
import dev.wayferry.examples.bench.compositor.BenchProtocol;
import dev.wayferry.examples.bench.guest.Finished;
import dev.wayferry.examples.bench.guest.Guest;
import dev.wayferry.wire.wayland.WlDisplay;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import org.HdrHistogram.Histogram;

/** A session of the subject's own guest, with the first connection open. */
abstract class GuestSession implements Workload.Session {
    static final ValueLayout.OfInt LE_INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final ValueLayout.OfLong LE_LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    /** Bytes of wl_display.sync, and of what answers it: wl_callback.done and wl_display.delete_id. */
    static final int SYNC_LENGTH = 12;

    static final int SYNC_ANSWER_LENGTH = 24;
    private static final int DISPLAY = 1;
    private static final int CALLBACK = 2;

    final Subject subject;
    final Guest guest;
    final int connection;

    GuestSession(Subject subject, int sendSlots) throws IOException {
        this.subject = subject;
        this.guest = subject.guest();
        this.connection = guest.open(sendSlots);
    }

    /** Puts a message's header into the payload of a SEND. */
    final void putHeader(int connection, int slot, int object, int opcode, int size) {
        putHeader(guest, connection, slot, object, opcode, size);
    }

    static void putHeader(Guest guest, int connection, int slot, int object, int opcode, int size) {
        MemorySegment memory = guest.memory();
        long at = guest.payload(connection, slot);
        memory.set(LE_INT, at, object);
        memory.set(LE_INT, at + 4, size << 16 | opcode);
    }

    /** Makes the payload of the connection's first SEND a {@code wl_display.sync}. */
    final void putSync(int connection) {
        putHeader(connection, 0, DISPLAY, WlDisplay.SYNC, SYNC_LENGTH);
        guest.memory().set(LE_INT, guest.payload(connection, 0) + BenchProtocol.HEADER, CALLBACK);
    }

    /**
     * A POLL and a SEND with one kick, and whatever it takes until {@code expected} bytes are there. Nothing else may be
     * under way.
     */
    final void roundTrip(int connection, int length, int expected) throws IOException {
        guest.poll(connection);
        guest.send(connection, 0, length);
        guest.kick();
        int received = 0;
        boolean sent = false;
        while (received < expected || !sent) {
            int finished = guest.next();
            if (finished == Finished.NOTHING) {
                guest.await();
            } else if (Finished.kind(finished) == Finished.SEND) {
                sent = true;
            } else {
                received += received(connection);
                if (received < expected) {
                    guest.poll(connection);
                    guest.kick();
                }
            }
        }
    }

    /** Round trips of the first connection, one after the other; nanoseconds in all. */
    final long roundTrips(int operations, int length, int expected, Histogram latencies) throws IOException {
        long start = System.nanoTime();
        long before = start;
        for (int i = 0; i < operations; i++) {
            roundTrip(connection, length, expected);
            long after = System.nanoTime();
            Latencies.record(latencies, after - before);
            before = after;
        }
        return before - start;
    }

    /** How many bytes a finished POLL brought. */
    final int received(int connection) throws IOException {
        int length = guest.receivedLength(connection);
        if (length <= 0) {
            throw new IOException("connection " + connection + " was ended by the compositor");
        }
        return length;
    }

    @Override
    public final Running process() {
        return subject.process();
    }

    @Override
    public final void fail(IOException why) {
        guest.fail(why);
    }

    @Override
    public void close() throws IOException {
        guest.close(connection);
    }
}
