package dev.wayferry.proxy.limit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class RateTest {
    private static final long SECOND = 1_000_000_000;

    private long now = Long.MAX_VALUE - 1000; // the clock may begin anywhere, and wrap
    private final Rate rate = new Rate(10, 3, () -> now);

    private int taken() {
        int count = 0;
        while (rate.take()) {
            count++;
        }
        return count;
    }

    @Test
    void givesABurstAndThenSoManyASecond() {
        assertEquals(3, taken());
        int all = 0;
        for (int i = 0; i < 100; i++) {
            now += SECOND / 100;
            all += taken();
        }
        assertEquals(10, all);
    }

    @Test
    void savesNoMoreThanABurst() {
        assertEquals(3, taken());
        now += 100 * SECOND;
        assertEquals(3, taken());
        assertFalse(rate.take());
        now += SECOND / 10;
        assertTrue(rate.take());
    }
}
