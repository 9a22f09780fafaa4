package dev.wayferry.proxy;

import static dev.wayferry.proxy.TestVm.assertOk;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wayferry.posix.Memory;
import dev.wayferry.posix.Sockets;
import dev.wayferry.proxy.TestCompositor.Connection;
import java.nio.file.Path;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A VMM that cuts its guest's memory off under a process that is using it. */
class TruncatedMemoryTest {
    private static final int TIMES = 12;
    private static final int REQUESTS = 100;
    private static final int LATEST_MICROS = 2000;

    @TempDir
    Path folder;

    @Test
    void endsTheSessionAtWhicheverMomentAndNeverTheProcess() throws Exception {
        Random random = new Random(11);
        Path socket = folder.resolve("gpu");
        try (TestCompositor compositor = new TestCompositor(folder);
                CommandLineTest.Serving serving = new CommandLineTest.Serving(CommandLineTest.wayferry(
                        Map.of(),
                        "--socket-path=" + socket,
                        "--wayland-display=" + compositor.path(),
                        "--log-level=info"))) {
            cutOffAt(socket, compositor, 0);
            Map<String, Integer> before = OpenFds.now(serving.process.pid());
            for (int i = 0; i < TIMES; i++) {
                cutOffAt(socket, compositor, random.nextInt(LATEST_MICROS));
            }
            OpenFds.awaitNoMoreThan(serving.process.pid(), before);
            assertTrue(serving.process.isAlive());
        }
    }

    /** A VMM comes, its guest sends, and so many microseconds later there is no memory any more. */
    private static void cutOffAt(Path socket, TestCompositor compositor, int micros) throws Exception {
        try (FrontEnd vmm = new FrontEnd(Sockets.connect(socket.toString()))) {
            vmm.negotiate();
            vmm.setMemory();
            try (TestGuest guest = new TestGuest(vmm)) {
                guest.channel(1);
                try (Connection client = compositor.accept()) {
                    assertOk(guest.request(TestGuest.send(1, "x")));
                    assertEquals("x", client.readText(1));
                    for (int i = 0; i < REQUESTS; i++) {
                        var unused = guest.submit(TestGuest.send(1, "x"));
                    }
                    LockSupport.parkNanos(micros * 1000L);
                    assertEquals(0, Memory.ftruncate(vmm.ramFile.number(), 0));
                    guest.kickAnyway();
                    client.send("wakes it, if the kick does not");
                    assertTrue(vmm.isHungUp());
                    boolean hungUp = false;
                    while (!hungUp) {
                        hungUp = client.isHungUp();
                    }
                }
            }
        }
    }
}
