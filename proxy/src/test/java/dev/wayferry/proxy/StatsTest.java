package dev.wayferry.proxy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wayferry.bridge.UnixListener;
import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.Sockets;
import dev.wayferry.proxy.stats.StatsTeller;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the host process tells of itself, by {@code --stats-fd}. */
@NullUnmarked // what is missing fails the test at once
final class StatsTest {
    private static final Pattern FIGURE = Pattern.compile("\"([a-z_]+)\":(-?\\d+|null|\\{)");

    @TempDir
    private Path folder;

    /** Who asks. */
    private static final class Asker implements AutoCloseable {
        private final TestCompositor.Connection connection;
        private Thread teller;

        Asker(OwnedFd socket) {
            connection = new TestCompositor.Connection(socket);
        }

        /** One who asks about this VM's process. */
        static Asker of(TestVm vm) throws IOException {
            OwnedFd[] pair = Sockets.pair();
            Asker asker = new Asker(pair[0]);
            asker.teller = StatsTeller.start(pair[1], vm.process.counters());
            return asker;
        }

        String ask() throws IOException {
            connection.send("\n");
            StringBuilder line = new StringBuilder();
            do {
                line.append(connection.readText(1));
            } while (line.charAt(line.length() - 1) != '\n');
            return line.toString();
        }

        /** The figure of this key, null where there is none. */
        Long figure(String key) throws IOException {
            String line = ask();
            Matcher figures = FIGURE.matcher(line);
            while (figures.find()) {
                if (figures.group(1).equals(key)) {
                    return figures.group(2).equals("null") ? null : Long.valueOf(figures.group(2));
                }
            }
            throw new AssertionError(key + " is not in " + line);
        }

        @Override
        public void close() {
            connection.close();
            if (teller != null) {
                FrontEnd.join(teller);
            }
        }
    }

    @Test
    void tellsWhatTheLoopHasDone() throws Exception {
        try (TestVm vm = new TestVm(); Asker stats = Asker.of(vm)) {
            vm.guest.channel(1);
            try (TestCompositor.Connection connection = vm.compositor.accept()) {
                assertEquals(1, stats.figure("contexts"));
                assertEquals(0, stats.figure("messages_sent"));
                TestVm.assertOk(vm.guest.request(TestGuest.send(1, "hello")));
                assertEquals("hello", connection.readText(5));
                TestGuest.Pending poll = vm.guest.poll(1);
                // Answered after the POLL was taken.
                TestVm.assertOk(vm.guest.request(TestGuest.send(1, "again")));
                assertEquals(1, stats.figure("parked_polls"));
                connection.send("welcome");
                TestVm.assertOk(vm.guest.await(poll).type());
                assertEquals(0, stats.figure("parked_polls"));
                assertEquals(2, stats.figure("messages_sent"));
                assertEquals(1, stats.figure("messages_received"));
                assertEquals(2, stats.figure("sendmsgs"));
                assertEquals(1, stats.figure("recvmsgs"));
                assertEquals(0, stats.figure("bytes_copied"));
                assertEquals(0, stats.figure("handoff"));
                assertTrue(stats.figure("handoff_most") > 0);
                assertTrue(stats.figure("chains") > 8);
                assertTrue(stats.figure("turns") >= stats.figure("batches"));
                assertTrue(stats.figure("interrupts") > 0);
                assertTrue(stats.figure("alloc_bytes") > 0);
                TestVm.assertOk(vm.guest.ctxDestroy(1));
                assertEquals(0, stats.figure("contexts"));
            }
            vm.end();
            assertNull(stats.figure("alloc_bytes"));
        }
    }

    @Test
    void countsWhatIsCopiedForACompositorThatDoesNotRead() throws Exception {
        byte[] much = new byte[900_000];
        try (TestVm vm = new TestVm(); Asker stats = Asker.of(vm)) {
            vm.guest.channel(1);
            try (TestCompositor.Connection connection = vm.compositor.accept()) {
                TestVm.assertOk(vm.guest.request(TestGuest.send(1, much)));
                long waiting = stats.figure("waiting");
                assertEquals(waiting, stats.figure("queued"));
                assertTrue(waiting > 0 && waiting < much.length, () -> "waiting " + waiting);
                assertEquals(much.length, connection.read(much.length).length);
                // Answered after the turn in which the last of it went.
                TestVm.assertOk(vm.guest.request(TestGuest.send(1, "behind it")));
                assertEquals("behind it", connection.readText(9));
                assertEquals(0, stats.figure("queued"));
                long all = stats.figure("waiting");
                assertEquals(waiting, all, "it is not copied again when it goes");
                assertEquals(all, stats.figure("bytes_copied"));
            }
        }
    }

    @Test
    void askingAllocatesNothingOnTheLoop() throws Exception {
        try (TestVm vm = new TestVm(); Asker stats = Asker.of(vm)) {
            for (int i = 1; i < 100; i++) {
                TestVm.assertOk(vm.guest.ctxCreate(i));
            }
            long before = stats.figure("alloc_bytes");
            int times = 1000;
            for (int i = 0; i < times; i++) {
                String unused = stats.ask();
            }
            // The smallest object has 16 bytes. Some of them are of the turn's end, after its answer.
            assertTrue(stats.figure("alloc_bytes") - before < 16L * times);
        }
    }

    @Test
    void theProcessAnswersAtADescriptorThatItInherits() throws Exception {
        Path asked = folder.resolve("stats.sock");
        List<String> serve = CommandLineTest.wayferry(
                        Map.of(), "--socket-path=" + folder.resolve("vm.sock"), "--stats-fd=0", "--log-level=info")
                .command();
        int main = serve.indexOf(Wayferry.class.getName());
        List<String> command = new ArrayList<>(serve.subList(0, main));
        command.addAll(List.of(CommandLineTest.WithSocketAsInput.class.getName(), asked.toString()));
        command.addAll(serve);
        try (UnixListener listener = UnixListener.bind(asked);
                CommandLineTest.Serving serving =
                        new CommandLineTest.Serving(new ProcessBuilder(command), "listening at")) {
            try (Asker stats = new Asker(listener.accept().socket())) {
                assertEquals(0, stats.figure("chains"), "what is warmed up with is not counted");
                assertEquals(0, stats.figure("contexts"));
                assertNull(stats.figure("alloc_bytes"));
            } finally {
                serving.process.descendants().forEach(process -> assertTrue(process.destroyForcibly()));
            }
        }
    }
}
