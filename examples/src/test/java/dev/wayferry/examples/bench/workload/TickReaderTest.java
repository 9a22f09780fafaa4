package dev.wayferry.examples.bench.workload;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.wayferry.examples.bench.compositor.BenchProtocol;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.Random;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Test;

class TickReaderTest {
    private static final int SIZE = 64;
    private static final int COUNT = 500;
    private static final long NOW = 5_000_000;

    private final MemorySegment stream = MemorySegment.ofArray(new byte[COUNT * SIZE]);
    private final Histogram latencies = Latencies.histogram();
    private final TickReader reader = new TickReader(SIZE);

    TickReaderTest() {
        for (int i = 0; i < COUNT; i++) {
            stream.set(GuestSession.LE_INT, (long) i * SIZE, BenchProtocol.OBJECT);
            stream.set(GuestSession.LE_INT, (long) i * SIZE + BenchProtocol.SEQUENCE_OFFSET, i);
            stream.set(GuestSession.LE_LONG, (long) i * SIZE + BenchProtocol.TICK_DUE_OFFSET, NOW - 1_000 - i);
        }
        reader.begin(latencies);
    }

    @Test
    void findsEachMessageWhereverTheBytesWereCut() throws IOException {
        Random random = new Random(4);
        int at = 0;
        while (at < stream.byteSize()) {
            int length = Math.min(1 + random.nextInt(3_744), (int) stream.byteSize() - at);
            reader.read(stream, at, length, NOW);
            at += length;
            assertEquals(at / SIZE, reader.count());
        }
        assertEquals(COUNT, latencies.getTotalCount());
        assertEquals(1_000, latencies.getMinValue());
        assertEquals(1_000 + COUNT - 1, latencies.getMaxValue());
        assertEquals(NOW - 1_000, reader.firstDue());
    }

    @Test
    void aLostMessageIsAnError() throws IOException {
        reader.read(stream, 0, SIZE, NOW);
        assertThrows(IOException.class, () -> reader.read(stream, 2 * SIZE, SIZE, NOW));
    }
}
