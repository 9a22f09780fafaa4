package dev.wayferry.examples.loopback;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.wayferry.examples.host.WayferryProcess;
import dev.wayferry.examples.testing.GuestChannel;
import dev.wayferry.examples.testing.HostSocket;
import dev.wayferry.examples.testing.HostSocket.Connection;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/**
 * A host process for all tests of a class, with the test itself as the compositor. After each test it must be listening
 * with no more descriptors of any kind open than before.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class HostProcessFixture {
    private static final int SETTLE_MILLIS = 60_000;
    private static final int PATIENCE_MILLIS = 10;
    private static final int LOG_LINES = 12;

    @SuppressWarnings("NullAway.Init")
    HostSocket host;

    @SuppressWarnings("NullAway.Init")
    WayferryProcess process;

    private SortedMap<String, Integer> before = new TreeMap<>();

    @BeforeAll
    void startProcess(@TempDir Path folder) throws IOException {
        assumeTrue(WayferryProcess.isAvailable(), "the host process is not built");
        host = new HostSocket(folder.resolve("wayland-test"));
        process = WayferryProcess.in(folder)
                .waylandDisplay(host.path().toString())
                .start();
        // What it loads with its first VM it keeps.
        try (LoopbackGpu gpu = connect();
                GuestChannel guest = new GuestChannel(gpu);
                Connection connection = host.accept()) {
            guest.send(new byte[] {1});
            connection.receive(1);
        }
        settle();
    }

    @AfterAll
    void stopProcess() throws IOException {
        if (process != null) {
            assertEquals(0, process.isAlive() ? process.stop() : 0);
            host.close();
        }
    }

    @BeforeEach
    void countDescriptors() throws IOException {
        before = kinds();
    }

    @AfterEach
    void findLeaks() throws IOException, InterruptedException {
        if (!process.isAlive()) {
            return;
        }
        SortedMap<String, Integer> left = more();
        for (int waited = 0; !left.isEmpty() && waited < SETTLE_MILLIS; waited += PATIENCE_MILLIS) {
            Thread.sleep(PATIENCE_MILLIS);
            left = more();
        }
        assertEquals(Map.of(), left, () -> "more than before, " + before + "; the host process says:\n" + logOfProcess());
    }

    /** The kinds of which more are open than before; fewer may be, if it had not come to rest when they were counted. */
    private SortedMap<String, Integer> more() throws IOException {
        SortedMap<String, Integer> now = kinds();
        now.entrySet().removeIf(kind -> kind.getValue() <= before.getOrDefault(kind.getKey(), 0));
        return now;
    }

    private void settle() {
        try {
            for (int quiet = 0; quiet < 20; quiet++) {
                SortedMap<String, Integer> now = kinds();
                Thread.sleep(PATIENCE_MILLIS);
                if (!now.equals(kinds())) {
                    quiet = 0;
                }
            }
        } catch (IOException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** How many descriptors of each kind it has open; sockets and pipes differ in their inode only. */
    private SortedMap<String, Integer> kinds() throws IOException {
        SortedMap<String, Integer> kinds = new TreeMap<>();
        for (Map.Entry<Integer, String> open : process.openDescriptors().entrySet()) {
            kinds.merge(open.getValue().replaceAll("\\[\\d+]", ""), 1, Integer::sum);
        }
        return kinds;
    }

    /** The last lines, for messages of failed tests. */
    String logOfProcess() {
        try {
            List<String> lines = process.log().lines().toList();
            return String.join("\n", lines.subList(Math.max(0, lines.size() - LOG_LINES), lines.size()));
        } catch (IOException e) {
            return e.toString();
        }
    }

    /** A guest on a VMM of its own; waits while the host process is still closing what the VMM before left. */
    LoopbackGpu connect(VmmOptions vmm, GuestOptions guest) throws IOException {
        for (int waited = 0; ; waited += PATIENCE_MILLIS) {
            try {
                return LoopbackGpu.connect(process.socket(), vmm, guest);
            } catch (IOException turnedAway) {
                if (waited >= SETTLE_MILLIS) {
                    throw turnedAway;
                }
            }
            try {
                Thread.sleep(PATIENCE_MILLIS);
            } catch (InterruptedException e) {
                throw new IOException(e);
            }
        }
    }

    LoopbackGpu connect() throws IOException {
        return connect(new VmmOptions(), new GuestOptions());
    }

    /** Ends the guest and checks that the device neither refused anything nor did what would hurt a VMM or guest. */
    void closeCleanly(LoopbackGpu gpu) throws IOException {
        gpu.close();
        assertEquals(List.of(), gpu.vmm().violations(), () -> "violations; the host process says:\n" + logOfProcess());
        assertEquals(List.of(), gpu.driver().errors(), () -> "errors; the host process says:\n" + logOfProcess());
    }

    void assertAlive() {
        assertTrue(process.isAlive(), () -> "the host process has ended:\n" + logOfProcess());
    }

    /** Bytes that tell where they belong. */
    static byte[] pattern(int seed, int length) {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++) {
            bytes[i] = (byte) (seed * 31 + i + (i >> 8));
        }
        return bytes;
    }
}
