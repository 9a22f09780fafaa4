package dev.wayferry.examples.bench.floor;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.wayferry.examples.bench.ProcessFigures;
import dev.wayferry.examples.bench.ProcessFigures.ThreadSwitches;
import dev.wayferry.examples.bench.backend.BackEnd;
import dev.wayferry.examples.bench.backend.FloorBackEnd;
import dev.wayferry.examples.bench.backend.Running;
import dev.wayferry.examples.bench.guest.Finished;
import dev.wayferry.examples.bench.guest.Guest;
import dev.wayferry.examples.testing.HostSocket;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The floor as a process, with the test as its compositor. */
class FloorTest {
    /** The calls that the floor's path may consist of; others are the JVM's own. */
    private static final String PATH_CALLS = "trace=epoll_wait,read,write,writev,sendmsg,recvmsg,epoll_ctl,ppoll,poll";

    @TempDir
    Path folder;

    @SuppressWarnings("NullAway.Init")
    private HostSocket compositor;

    @SuppressWarnings("NullAway.Init")
    private Running process;

    @SuppressWarnings("NullAway.Init")
    private Guest guest;

    @BeforeEach
    void start() throws IOException {
        compositor = new HostSocket(folder.resolve("wayland"));
        BackEnd floor = new FloorBackEnd();
        process = floor.start(folder, "floor", compositor.path());
        guest = floor.connect(process.socket());
    }

    @AfterEach
    void stop() throws IOException {
        guest.close();
        process.close();
        compositor.close();
    }

    @Test
    void carriesBytesBothWaysOnTheirOwnConnections() throws IOException {
        int first = guest.open(1);
        int second = guest.open(1);
        guest.kick();
        try (HostSocket.Connection toFirst = compositor.accept();
                HostSocket.Connection toSecond = compositor.accept()) {
            put(first, "of the first");
            put(second, "the second's");
            send(second);
            send(first);
            assertArrayEquals("of the first".getBytes(US_ASCII), toFirst.receive(12));
            assertArrayEquals("the second's".getBytes(US_ASCII), toSecond.receive(12));
            // One arrives before it is asked for, the other after.
            toSecond.send("early".getBytes(US_ASCII));
            guest.poll(first);
            guest.poll(second);
            guest.kick();
            assertEquals("early", polled(second));
            toFirst.send("late".getBytes(US_ASCII));
            assertEquals("late", polled(first));
            guest.close(first);
            guest.close(second);
            toFirst.awaitEnd();
        }
    }

    @Test
    void theEndOfAConnectionIsAnEmptyMessage() throws IOException {
        int connection = guest.open(1);
        guest.poll(connection);
        guest.kick();
        compositor.accept().close();
        assertEquals("", polled(connection));
        guest.close(connection);
    }

    @Test
    void messagesAsLargeAsTheyComeAndTheEndBehindThemArrive() throws IOException {
        int connection = guest.open(1);
        guest.kick();
        try (HostSocket.Connection peer = compositor.accept()) {
            for (int i = 0; i < 3; i++) {
                guest.poll(connection);
                guest.kick();
                peer.send(new byte[Guest.MAX_PAYLOAD]);
                assertEquals(Guest.MAX_PAYLOAD, polled(connection).length());
            }
        }
        guest.poll(connection);
        guest.kick();
        assertEquals("", polled(connection));
        guest.close(connection);
    }

    @Test
    void waitsForACompositorThatDoesNotReadAndLosesNothing() throws IOException {
        int slots = 1000;
        int connection = guest.open(slots);
        for (int slot = 0; slot < slots; slot++) {
            guest.memory().set(ValueLayout.JAVA_INT_UNALIGNED, guest.payload(connection, slot), slot);
            guest.send(connection, slot, Guest.MAX_PAYLOAD);
        }
        guest.kick();
        try (HostSocket.Connection slow = compositor.accept()) {
            for (int slot = 0; slot < slots; slot++) {
                byte[] message = slow.receive(Guest.MAX_PAYLOAD);
                assertEquals(slot, MemorySegment.ofArray(message).get(ValueLayout.JAVA_INT_UNALIGNED, 0));
            }
            for (int slot = 0; slot < slots; slot++) {
                assertEquals(slot, Finished.slot(finished()));
            }
            guest.close(connection);
        }
    }

    @Test
    void messagesOfSeveralConnectionsThatAreCutAnywhereStayWhatTheyAre() throws IOException {
        int[] connections = {guest.open(500), guest.open(500)};
        guest.kick();
        try (HostSocket.Connection first = compositor.accept(); HostSocket.Connection second = compositor.accept()) {
            Random random = new Random(4);
            List<ByteArrayOutputStream> sent = List.of(new ByteArrayOutputStream(), new ByteArrayOutputStream());
            for (int slot = 0; slot < 500; slot++) {
                // Some follow each other, and some do not.
                int to = random.nextInt(4) == 0 ? 1 : 0;
                byte[] bytes = new byte[1 + random.nextInt(Guest.MAX_PAYLOAD)];
                random.nextBytes(bytes);
                MemorySegment.copy(bytes, 0, guest.memory(), ValueLayout.JAVA_BYTE,
                        guest.payload(connections[to], slot), bytes.length);
                guest.send(connections[to], slot, bytes.length);
                sent.get(to).writeBytes(bytes);
            }
            guest.kick();
            CompletableFuture<byte[]> other = CompletableFuture.supplyAsync(() -> received(second, sent.get(1).size()));
            assertArrayEquals(sent.get(0).toByteArray(), received(first, sent.get(0).size()));
            assertArrayEquals(sent.get(1).toByteArray(), other.join());
            for (int slot = 0; slot < 500; slot++) {
                assertEquals(slot, Finished.slot(finished()));
            }
            guest.close(connections[0]);
            guest.close(connections[1]);
        }
    }

    private static byte[] received(HostSocket.Connection connection, int length) {
        try {
            return connection.receive(length);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void anOperationOfTheQueueIsTwoSystemCalls() throws Exception {
        int connection = guest.open(1);
        guest.kick();
        compositor.accept().close();
        Map<Integer, Long> before = switches();
        queries(connection, 1000);
        int loop = switches().entrySet().stream()
                .max(Comparator.comparing(entry -> entry.getValue() - before.getOrDefault(entry.getKey(), 0L)))
                .orElseThrow()
                .getKey();

        int operations = 5000;
        Path summary = folder.resolve("strace");
        Process strace = new ProcessBuilder(
                        "strace", "-c", "-e", PATH_CALLS, "-o", summary.toString(), "-p", Integer.toString(loop))
                .redirectErrorStream(true)
                .start();
        BufferedReader says = strace.inputReader();
        String first = says.readLine();
        assertEquals("strace: Process " + loop + " attached", first);
        queries(connection, operations);
        assertEquals(true, strace.toHandle().destroy());
        while (says.readLine() != null) {
            // Until it has written its summary.
        }
        int unused = strace.waitFor();

        Map<String, Integer> calls = Files.readAllLines(summary).stream()
                .map(line -> line.trim().split(" +"))
                .filter(fields -> fields.length >= 5 && fields[0].matches("[0-9.]+"))
                .filter(fields -> !fields[fields.length - 1].equals("total"))
                .collect(Collectors.toMap(fields -> fields[fields.length - 1], fields -> Integer.valueOf(fields[3])));
        assertEquals(List.of("epoll_wait", "write"), calls.keySet().stream().sorted().toList(), calls::toString);
        // A turn is one of each. Where the kernel takes the CPU from the guest before it waits, the floor need not notify it;
        // where it takes it from the floor before it waits, a turn is for nothing.
        assertEquals(2.0 * operations, calls.getOrDefault("epoll_wait", 0) + calls.getOrDefault("write", 0), operations / 50, calls::toString);
    }

    private Map<Integer, Long> switches() throws IOException {
        return ProcessFigures.of(process.pid()).voluntarySwitches().stream()
                .collect(Collectors.toMap(ThreadSwitches::tid, ThreadSwitches::voluntary));
    }

    private void queries(int connection, int count) throws IOException {
        for (int i = 0; i < count; i++) {
            guest.query(connection);
            guest.kick();
            assertEquals(Finished.QUERY, Finished.kind(finished()));
        }
    }

    private void put(int connection, String text) {
        MemorySegment.copy(
                text.getBytes(US_ASCII), 0, guest.memory(), ValueLayout.JAVA_BYTE, guest.payload(connection, 0), 12);
    }

    private void send(int connection) throws IOException {
        guest.send(connection, 0, 12);
        guest.kick();
        assertEquals(connection, Finished.connection(finished()));
    }

    private String polled(int connection) throws IOException {
        int finished = finished();
        assertEquals(Finished.POLL, Finished.kind(finished));
        assertEquals(connection, Finished.connection(finished));
        int length = guest.receivedLength(connection);
        byte[] bytes = guest.memory()
                .asSlice(guest.received(connection), length)
                .toArray(ValueLayout.JAVA_BYTE);
        return new String(bytes, US_ASCII);
    }

    private int finished() throws IOException {
        int finished = guest.next();
        while (finished == Finished.NOTHING) {
            guest.await();
            finished = guest.next();
        }
        return finished;
    }
}
