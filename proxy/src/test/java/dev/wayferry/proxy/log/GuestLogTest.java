package dev.wayferry.proxy.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class GuestLogTest {
    private static final int LINES_PER_SECOND = 20;
    private static final int BURST = GuestLog.BURST_SECONDS * LINES_PER_SECOND;
    private static final long NANOS_A_LINE = 1_000_000_000 / LINES_PER_SECOND;

    private long now = Long.MAX_VALUE - 1000; // the clock may begin anywhere, and wrap
    private final GuestLog log = new GuestLog("test", LINES_PER_SECOND, () -> now);

    private int letThrough(int lines) {
        int count = 0;
        for (int i = 0; i < lines; i++) {
            count += log.isLetThrough() ? 1 : 0;
        }
        return count;
    }

    @Test
    void letsThroughABurstAndThenSoManyASecond() {
        assertEquals(BURST, letThrough(100_000));
        for (int second = 0; second < 10; second++) {
            now += 1_000_000_000;
            assertEquals(LINES_PER_SECOND, letThrough(100_000));
        }
    }

    @Test
    void letsThroughABurstAgainAfterSilence() {
        assertEquals(BURST, letThrough(BURST + 5));
        assertFalse(log.isLetThrough());
        now += BURST * NANOS_A_LINE;
        assertEquals(BURST, letThrough(100_000));
    }

    @Test
    void letsThroughALineNowAndThenForEver() {
        for (int i = 0; i < 100_000; i++) {
            now += NANOS_A_LINE;
            assertTrue(log.isLetThrough());
        }
    }
}
