package dev.wayferry.examples.bench.guest;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.wayferry.examples.host.WayferryProcess;
import dev.wayferry.examples.loopback.VmmOptions;
import dev.wayferry.examples.testing.HostSocket;
import dev.wayferry.wire.virtqueue.SplitRing;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The bench's guest with a real host process, and the test as the compositor. */
class GpuGuestTest {
    @TempDir
    Path folder;

    @SuppressWarnings("NullAway.Init")
    private HostSocket compositor;

    @SuppressWarnings("NullAway.Init")
    private WayferryProcess process;

    @SuppressWarnings("NullAway.Init")
    private GpuGuest guest;

    @BeforeEach
    void start() throws IOException {
        assumeTrue(WayferryProcess.isAvailable(), "the host process is not built");
        compositor = new HostSocket(folder.resolve("wayland"));
        process = WayferryProcess.in(folder)
                .waylandDisplay(compositor.path().toString())
                .start();
        guest = GpuGuest.connect(process.socket());
    }

    @AfterEach
    void stop() throws IOException {
        if (guest != null) {
            guest.close();
            process.close();
            compositor.close();
        }
    }

    @Test
    void whatIsSentArrivesAndWhatComesIsReceived() throws IOException {
        int connection = guest.open(2);
        guest.poll(connection);
        byte[] whole = put(connection, 0, Guest.MAX_PAYLOAD);
        byte[] little = put(connection, 1, 12);
        guest.send(connection, 0, whole.length);
        guest.send(connection, 1, little.length);
        guest.kick();
        try (HostSocket.Connection program = compositor.accept()) {
            assertArrayEquals(whole, program.receive(whole.length));
            assertArrayEquals(little, program.receive(little.length));
            assertEquals(Finished.of(Finished.SEND, connection, 0), finished());
            assertEquals(Finished.of(Finished.SEND, connection, 1), finished());
            program.send(whole);
            assertEquals(Finished.of(Finished.POLL, connection, 0), finished());
            assertEquals(whole.length, guest.receivedLength(connection));
            assertArrayEquals(
                    whole,
                    guest.memory()
                            .asSlice(guest.received(connection), whole.length)
                            .toArray(ValueLayout.JAVA_BYTE));
            guest.close(connection);
            program.awaitEnd();
        }
        assertEquals(List.of(), guest.violations());
    }

    @Test
    void aQueryIsAnsweredAgainAndAgain() throws IOException {
        int connection = guest.open(1);
        for (int i = 0; i < 10_000; i++) {
            guest.query(connection);
            guest.kick();
            assertEquals(Finished.of(Finished.QUERY, connection, 0), finished());
        }
        guest.close(connection);
        assertEquals(List.of(), guest.violations());
    }

    @Test
    void aHundredConnectionsKeepTheirOwnAndTheirNumbersComeAgain() throws IOException {
        for (int turn = 0; turn < 2; turn++) {
            List<HostSocket.Connection> programs = new ArrayList<>();
            for (int i = 0; i < 100; i++) {
                assertEquals(i, guest.open(1));
                guest.poll(i);
                guest.kick();
                programs.add(compositor.accept());
            }
            for (int i = 99; i >= 0; i--) {
                programs.get(i).send(new byte[i + 1]);
                assertEquals(Finished.of(Finished.POLL, i, 0), finished());
                assertEquals(i + 1, guest.receivedLength(i));
                guest.poll(i);
            }
            guest.kick();
            for (int i = 0; i < 100; i++) {
                guest.close(i);
                programs.get(i).awaitEnd();
                programs.get(i).close();
            }
        }
        assertEquals(List.of(), guest.violations());
    }

    @Test
    void opensMoreThanTheQueueHasRoomForWhereEachCommandTakesSeveralEntries() throws IOException {
        VmmOptions poor = new VmmOptions().withoutDeviceFeature(SplitRing.VIRTIO_F_INDIRECT_DESC);
        try (WayferryProcess another = WayferryProcess.in(folder)
                        .vmName("another")
                        .waylandDisplay(compositor.path().toString())
                        .start();
                GpuGuest thrifty = GpuGuest.connect(another.socket(), poor)) {
            int many = CommandQueue.SIZE / 18 + 100;
            for (int i = 0; i < many; i++) {
                assertEquals(i, thrifty.open(1));
            }
            for (int i = 0; i < many; i++) {
                thrifty.close(i);
            }
            assertEquals(List.of(), thrifty.violations());
        }
    }

    @Test
    void aHostProcessThatDiesEndsTheWait() throws IOException {
        int connection = guest.open(1);
        guest.poll(connection);
        guest.kick();
        process.kill();
        assertThrows(IOException.class, this::finished);
    }

    @Test
    void aWaitCanBeEndedFromAnotherThread() throws Exception {
        int connection = guest.open(1);
        guest.poll(connection);
        guest.kick();
        Thread other = Thread.ofPlatform().start(() -> guest.fail(new IOException("it takes too long")));
        IOException failure = assertThrows(IOException.class, this::finished);
        assertEquals("it takes too long", failure.getMessage());
        other.join();
    }

    private byte[] put(int connection, int slot, int length) {
        byte[] bytes = new byte[length];
        new Random(length).nextBytes(bytes);
        MemorySegment.copy(
                bytes, 0, guest.memory(), ValueLayout.JAVA_BYTE, guest.payload(connection, slot), length);
        return bytes;
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
