package dev.wayferry.proxy;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.wayferry.proxy.stats.Counter;
import java.io.IOException;
import org.junit.jupiter.api.Test;

/** As many programs in one VM as anybody has. */
final class ManyContextsTest {
    @Test
    void aThousandContextsAreOpenAtOnceAndEachIsServed() throws IOException {
        int contexts = 1000;
        try (TestVm vm = new TestVm(); LoadGuest guest = new LoadGuest(vm, contexts, 4096)) {
            guest.open();
            assertEquals(contexts, vm.process.counters().get(Counter.CONTEXTS));
            guest.syncAll();
            guest.syncAll();
            guest.queryAll();
            assertEquals(2L * contexts, vm.process.counters().get(Counter.MESSAGES_RECEIVED));
            guest.destroy();
            assertEquals(0, vm.process.counters().get(Counter.CONTEXTS));
        }
    }

    @Test
    void oneContextGoesOnWhileManyOthersWaitForTheCompositorToAcceptThem() throws IOException {
        int contexts = 500;
        try (TestVm vm = new TestVm(); LoadGuest guest = new LoadGuest(vm, contexts, 4096)) {
            guest.openFirst();
            guest.beginToOpen(1, contexts - 1);
            for (int i = 0; i < 100; i++) {
                guest.syncFirst();
            }
            guest.acceptAll();
            guest.syncAll();
        }
    }

    @Test
    void aContextOfManyIsServedWhileTheOthersPoll() throws IOException {
        int contexts = 1000;
        try (TestVm vm = new TestVm(); LoadGuest guest = new LoadGuest(vm, contexts, 4096)) {
            guest.open();
            guest.pollAllButFirst();
            assertEquals(contexts - 1, vm.process.counters().get(Counter.PARKED_POLLS));
            for (int i = 0; i < 100; i++) {
                guest.query();
            }
        }
    }
}
