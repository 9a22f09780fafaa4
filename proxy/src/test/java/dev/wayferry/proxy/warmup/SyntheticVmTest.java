package dev.wayferry.proxy.warmup;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;

import java.io.IOException;
import org.junit.jupiter.api.Test;

/** Each step fails if the device answers with anything but success; a warm-up that does so ends, and nobody is told. */
final class SyntheticVmTest {
    private static final int CONTEXTS = 2;
    private static final int TIMES = 3;

    @Test
    void aContextUsesPipesAgainAndAgain() throws IOException {
        try (SyntheticVm vm = twoContexts()) {
            for (int i = 0; i < TIMES; i++) {
                assertDoesNotThrow(() -> vm.usePipes(1, 4));
                assertDoesNotThrow(() -> vm.sync(CONTEXTS));
            }
        }
    }

    @Test
    void aContextGivesItsPlaceToAnotherAgainAndAgain() throws IOException {
        try (SyntheticVm vm = twoContexts()) {
            for (int i = 0; i < TIMES; i++) {
                assertDoesNotThrow(() -> vm.reopen(1));
                assertDoesNotThrow(() -> vm.sync(CONTEXTS));
            }
        }
    }

    private static SyntheticVm twoContexts() throws IOException {
        SyntheticVm vm = new SyntheticVm("test", CONTEXTS, factory -> factory);
        for (int i = 0; i < CONTEXTS; i++) {
            vm.open();
        }
        return vm;
    }
}
