package dev.wayferry.examples.bench.workload;

import static dev.wayferry.examples.bench.workload.GuestSession.LE_INT;
import static dev.wayferry.examples.bench.workload.GuestSession.LE_LONG;

import dev.wayferry.examples.bench.compositor.BenchProtocol;
import dev.wayferry.examples.bench.guest.Guest;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import org.HdrHistogram.Histogram;

/** Takes the messages of one stream out of bytes that may have been cut anywhere, and notes how late each is. */
final class TickReader {
    private final int size;
    private final MemorySegment buffer;
    private int filled;
    private int count;
    private long firstDue;
    private Histogram latencies = Latencies.histogram();

    /** For messages of {@code size} bytes. */
    TickReader(int size) {
        this.size = size;
        this.buffer = MemorySegment.ofArray(new byte[Guest.MAX_PAYLOAD + size]);
    }

    /** A new stream begins. */
    void begin(Histogram latencies) {
        this.latencies = latencies;
        count = 0;
        filled = 0;
    }

    /** Takes bytes that came at {@code now}. */
    void read(MemorySegment memory, long at, int length, long now) throws IOException {
        MemorySegment.copy(memory, at, buffer, filled, length);
        filled += length;
        int taken = 0;
        while (filled - taken >= size) {
            int sequence = buffer.get(LE_INT, taken + BenchProtocol.SEQUENCE_OFFSET);
            if (buffer.get(LE_INT, taken) != BenchProtocol.OBJECT || sequence != count) {
                throw new IOException("message " + sequence + " of object "
                        + Integer.toHexString(buffer.get(LE_INT, taken)) + " in place of message " + count);
            }
            long due = buffer.get(LE_LONG, taken + BenchProtocol.TICK_DUE_OFFSET);
            if (count == 0) {
                firstDue = due;
            }
            Latencies.record(latencies, now - due);
            count++;
            taken += size;
        }
        MemorySegment.copy(buffer, taken, buffer, 0, filled - taken);
        filled -= taken;
    }

    /** How many messages of the stream are there. */
    int count() {
        return count;
    }

    /** When its first message was due. */
    long firstDue() {
        return firstDue;
    }
}
