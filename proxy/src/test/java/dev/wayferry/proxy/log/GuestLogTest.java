package dev.wayferry.proxy.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class GuestLogTest {
    private long now = Long.MAX_VALUE - 1000; // the clock may begin anywhere, and wrap
    private final GuestLog log = new GuestLog("test", () -> now);

    private int letThrough(int lines) {
        int count = 0;
        for (int i = 0; i < lines; i++) {
            count += log.isLetThrough() ? 1 : 0;
        }
        return count;
    }

    @Test
    void letsThroughABurstAndThenSoManyASecond() {
        assertEquals(GuestLog.BURST, letThrough(100_000));
        for (int second = 0; second < 10; second++) {
            now += 1_000_000_000;
            assertEquals(1_000_000_000 / GuestLog.NANOS_A_LINE, letThrough(100_000));
        }
    }

    @Test
    void letsThroughABurstAgainAfterSilence() {
        assertEquals(GuestLog.BURST, letThrough(GuestLog.BURST + 5));
        assertFalse(log.isLetThrough());
        now += GuestLog.BURST * GuestLog.NANOS_A_LINE;
        assertEquals(GuestLog.BURST, letThrough(100_000));
    }

    @Test
    void letsThroughALineNowAndThenForEver() {
        for (int i = 0; i < 100_000; i++) {
            now += GuestLog.NANOS_A_LINE;
            assertTrue(log.isLetThrough());
        }
    }
}
