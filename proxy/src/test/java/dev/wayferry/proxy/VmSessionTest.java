package dev.wayferry.proxy;

import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.Sockets;
import dev.wayferry.proxy.screen.ScanoutSettings;
import dev.wayferry.proxy.screen.ScanoutTarget;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Sessions that can't begin. */
class VmSessionTest {
    /** A session of a VM whose screen can't be opened, as its file has no name. */
    private static boolean runWithoutScreen() throws Exception {
        TestSettings settings = new TestSettings();
        settings.scanout = new ScanoutSettings(new ScanoutTarget(ScanoutTarget.Kind.PNG, null), 640, 480);
        OwnedFd[] pair = Sockets.pair();
        try (OwnedFd vmm = pair[0]) {
            return vmm.isOpen() && new VmSession(settings.with(Path.of("/nowhere")), new HostProcess(), pair[1]).run();
        }
    }

    @Test
    void leavesNothingOpenWhenTheScreenCanNotBeOpened() throws Exception {
        assertFalse(runWithoutScreen());
        Map<String, Integer> before = OpenFds.now();
        for (int i = 0; i < 5; i++) {
            assertFalse(runWithoutScreen());
        }
        OpenFds.awaitNoMoreThan(before);
    }
}
