package dev.wayferry.examples.drm;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wayferry.examples.host.WayferryProcess;
import dev.wayferry.examples.testing.HostSocket;
import dev.wayferry.examples.testing.HostSocket.Connection;
import dev.wayferry.examples.testing.MirrorHost;
import dev.wayferry.examples.testing.RealGuest;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The DRM node of real guests, one for each kernel, with nothing between it and the host process but QEMU and Linux.
 */
final class DrmGpuIT {
    private static final int PATIENCE_MILLIS = 60_000;

    /** Bytes, more than one message has. */
    private static final int PART = 6000;

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"6.1", "6.12", RealGuest.NEWEST_KERNEL})
    void allCrossesInARealGuest(String kernel) throws Exception {
        RealGuest guest = new RealGuest(folder, kernel);
        String command = commandOfGuest(guest.share(), CrossingsInGuest.class);
        try (HostSocket host = new HostSocket(folder.resolve("wayland-mirror"));
                MirrorHost mirror = new MirrorHost(host);
                WayferryProcess process = WayferryProcess.in(folder)
                        .waylandDisplay(host.path().toString())
                        .start()) {
            Map<Integer, String> before = process.openDescriptors();
            String console = guest.boot(command, process.socket());
            assertGuestSaid("all has crossed\n", console, process);
            assertTrue(process.openDescriptors().size() <= before.size() + 4, () -> logOf(process));
            assertEquals(0, process.stop());
        }
    }

    /** QMP's stop and cont, with POLLs of all clients waiting, and in the midst of what they send. */
    @Test
    void aRealGuestThatIsStoppedAndGoesOnNeitherLosesNorDoublesAByte() throws Exception {
        int rounds = 20;
        RealGuest guest = new RealGuest(folder, "6.12");
        String command = commandOfGuest(guest.share(), EchoesInGuest.class, String.valueOf(rounds * 2 * PART));
        Path qmpSocket = folder.resolve("qmp");
        try (HostSocket host = new HostSocket(folder.resolve("wayland-echo"));
                WayferryProcess process = WayferryProcess.in(folder)
                        .waylandDisplay(host.path().toString())
                        .start()) {
            Process vm = guest.start(command, process.socket(), "--qmp=" + qmpSocket);
            List<Connection> clients = new ArrayList<>();
            try {
                while (clients.size() < EchoesInGuest.CLIENTS) {
                    assertFalse(host.isQuiet(RealGuest.GUEST_MINUTES * 60_000), () -> said() + logOf(process));
                    clients.add(host.accept());
                }
                try (Qmp qmp = new Qmp(qmpSocket)) {
                    for (int round = 0; round < rounds; round++) {
                        stopAndGoOn(qmp, clients, round);
                    }
                }
                for (Connection client : clients) {
                    assertFalse(client.isQuiet(PATIENCE_MILLIS), () -> said() + logOf(process));
                    client.awaitEnd();
                }
                assertTrue(vm.waitFor(RealGuest.GUEST_MINUTES, TimeUnit.MINUTES));
                assertGuestSaid("all has been sent back\n", guest.console(), process);
                assertEquals(0, process.stop());
            } finally {
                clients.forEach(Connection::close);
                vm.descendants().forEach(ProcessHandle::destroyForcibly);
                vm.destroyForcibly();
            }
        }
    }

    /** Sends each client one part before a pause and one in it; every second pause cuts the answers to the first in two. */
    private void stopAndGoOn(Qmp qmp, List<Connection> clients, int round) throws IOException {
        boolean inTheMidst = round % 2 == 1;
        for (int i = 0; i < clients.size(); i++) {
            clients.get(i).send(part(round, i, false));
        }
        if (!inTheMidst) {
            for (int i = 0; i < clients.size(); i++) {
                assertSentBack(part(round, i, false), clients.get(i));
            }
        }
        qmp.execute("stop");
        for (int i = 0; i < clients.size(); i++) {
            clients.get(i).send(part(round, i, true));
            assertTrue(inTheMidst || clients.get(i).isQuiet(10), "the guest is not stopped");
        }
        qmp.execute("cont");
        for (int i = 0; i < clients.size(); i++) {
            if (inTheMidst) {
                assertSentBack(part(round, i, false), clients.get(i));
            }
            assertSentBack(part(round, i, true), clients.get(i));
        }
    }

    /** Bytes that no other client gets, and none in another round. */
    private static byte[] part(int round, int client, boolean paused) {
        byte[] bytes = new byte[PART];
        new Random(4L * (2 * round + (paused ? 1 : 0)) + client).nextBytes(bytes);
        return bytes;
    }

    private void assertSentBack(byte[] expected, Connection client) throws IOException {
        assertFalse(client.isQuiet(PATIENCE_MILLIS), () -> "nothing comes: " + said());
        assertArrayEquals(expected, client.receive(expected.length));
    }

    /** What the guest's program has written. */
    private String said() {
        try {
            Path log = folder.resolve("share/log");
            return Files.exists(log) ? Files.readString(log) : "the guest ran nothing";
        } catch (IOException e) {
            return e.toString();
        }
    }

    private void assertGuestSaid(String end, String console, WayferryProcess process) {
        assertTrue(
                said().endsWith(end),
                () -> said() + "\nthe guest's console: " + console + "\nthe host process: " + logOf(process));
        assertTrue(process.isAlive(), () -> logOf(process));
    }

    private static String logOf(WayferryProcess process) {
        try {
            return process.log();
        } catch (IOException e) {
            return e.toString();
        }
    }

    private static String commandOfGuest(Path share, Class<?> program, String... arguments) throws IOException {
        return String.join(
                " ",
                System.getProperty("java.home") + "/bin/java",
                "-XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xmx64m --enable-native-access=ALL-UNNAMED",
                "-cp",
                copyClasses(share),
                program.getName(),
                String.join(" ", arguments),
                ">",
                share.resolve("log").toString(),
                "2>&1\n");
    }

    /** Copies this project's classes to where the guest sees them, wherever the checkout lies. */
    private static String copyClasses(Path share) throws IOException {
        String all = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
        List<String> copies = new ArrayList<>();
        for (String entry : all.split(File.pathSeparator)) {
            Path from = Path.of(entry);
            if (Files.isDirectory(from) || from.getFileName().toString().startsWith("wayferry-")) {
                Path to = share.resolve("classes-" + copies.size());
                copyTree(from, to);
                copies.add(to.toString());
            }
        }
        return String.join(File.pathSeparator, copies);
    }

    private static void copyTree(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : (Iterable<Path>) files::iterator) {
                Files.copy(file, to.resolve(from.relativize(file).toString()));
            }
        }
    }
}
