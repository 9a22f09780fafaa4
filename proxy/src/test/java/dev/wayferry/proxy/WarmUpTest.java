package dev.wayferry.proxy;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.wayferry.proxy.warmup.WarmUp;
import org.junit.jupiter.api.Test;

final class WarmUpTest {
    @Test
    void leavesNothingBehind() throws Exception {
        new TestVm().close();
        var before = OpenFds.now();
        long begin = System.nanoTime();
        WarmUp warmUp = new WarmUp();
        warmUp.start();
        warmUp.join();
        System.err.println("ms " + (System.nanoTime() - begin) / 1000000);
        OpenFds.awaitAsBefore(before);
    }
}
