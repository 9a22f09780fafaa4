package dev.wayferry.proxy;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.wayferry.proxy.warmup.WarmUp;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class WarmUpTest {
    @Test
    void leavesNoDescriptorsAndThreadsBehind() throws Exception {
        new TestVm().close();
        Map<String, Integer> before = OpenFds.now();
        WarmUp warmUp = new WarmUp();
        warmUp.start();
        warmUp.join();
        OpenFds.awaitNoMoreThan(before);
        assertEquals(List.of(), threads());
    }

    @Test
    void endsWhenAGuestComesAndLeavesNothingBehindThenEither() throws Exception {
        new TestVm().close();
        Map<String, Integer> before = OpenFds.now();
        WarmUp warmUp = new WarmUp();
        warmUp.start();
        warmUp.stop();
        warmUp.join();
        OpenFds.awaitNoMoreThan(before);
        assertEquals(List.of(), threads());
    }

    @Test
    void doesNotBeginOnceAGuestWasThere() throws Exception {
        WarmUp warmUp = new WarmUp();
        warmUp.stop();
        warmUp.start();
        assertEquals(List.of(), threads());
        warmUp.join();
    }

    @Test
    void aGuestIsServedMeanwhile() throws IOException {
        try (TestVm vm = new TestVm(); LoadGuest guest = new LoadGuest(vm, 4, 256)) {
            WarmUp warmUp = new WarmUp();
            warmUp.start();
            guest.open();
            for (int i = 0; i < 100; i++) {
                guest.syncAll();
            }
            join(warmUp);
        }
    }

    private static void join(WarmUp warmUp) {
        try {
            warmUp.join();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private static List<String> threads() {
        return Thread.getAllStackTraces().keySet().stream()
                .map(Thread::getName)
                .filter(name -> name.contains("warm-up"))
                .toList();
    }
}
