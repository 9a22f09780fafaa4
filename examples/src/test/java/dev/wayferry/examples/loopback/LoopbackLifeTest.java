package dev.wayferry.examples.loopback;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wayferry.examples.host.WayferryProcess;
import dev.wayferry.examples.testing.GuestChannel;
import dev.wayferry.examples.testing.GuestChannel.Identifier;
import dev.wayferry.examples.testing.HostSocket;
import dev.wayferry.examples.testing.HostSocket.Connection;
import dev.wayferry.examples.virtgpu.VirtGpuBlob;
import dev.wayferry.posix.Posix;
import dev.wayferry.wire.crossdomain.CrossDomain;
import dev.wayferry.wire.crossdomain.CrossDomainImageRequirements;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What happens to VMs: pauses, resets, and ends of every kind. */
class LoopbackLifeTest extends HostProcessFixture {
    private static final int XRGB8888 = 0x34325258;
    private static final byte[] ONE = {1};

    @Test
    void messagesOfTwoClientsAnsweredInAnyOrderAreNeverMixed() throws IOException {
        Random random = new Random(5);
        try (LoopbackGpu gpu = connect()) {
            List<GuestChannel> guests = new ArrayList<>();
            List<Connection> hosts = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                guests.add(new GuestChannel(gpu));
                guests.get(i).poll();
                hosts.add(host.accept());
            }
            for (int round = 0; round < 200; round++) {
                int i = random.nextInt(guests.size());
                byte[] message = pattern(i * 1000 + round, 1 + random.nextInt(3000));
                hosts.get(i).send(message);
                assertArrayEquals(message, guests.get(i).take().data());
                guests.get(i).poll();
            }
            for (GuestChannel guest : guests) {
                assertTrue(guest.isQuiet(0));
                guest.close();
            }
            hosts.forEach(Connection::close);
            closeCleanly(gpu);
        }
    }

    @Test
    void aPauseLosesAndDoublesNothing() throws IOException {
        try (LoopbackGpu gpu = connect()) {
            List<GuestChannel> guests = new ArrayList<>();
            List<Connection> hosts = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                guests.add(new GuestChannel(gpu));
                hosts.add(host.accept());
                guests.get(i).poll();
            }
            for (int round = 0; round < 10; round++) {
                gpu.vmm().pause();
                List<byte[]> messages = new ArrayList<>();
                for (int i = 0; i < 4; i++) {
                    messages.add(pattern(round * 4 + i, 10_000));
                    hosts.get(i).send(messages.get(i));
                    assertTrue(guests.get(i).isQuiet(5), "a POLL was completed over the pause");
                }
                gpu.vmm().resume();
                for (int i = 0; i < 4; i++) {
                    byte[] came = new byte[messages.get(i).length];
                    int filled = 0;
                    while (filled < came.length) {
                        byte[] data = guests.get(i).take().data();
                        System.arraycopy(data, 0, came, filled, data.length);
                        filled += data.length;
                        guests.get(i).poll();
                    }
                    assertArrayEquals(messages.get(i), came);
                    guests.get(i).sendAll(came);
                    assertArrayEquals(came, hosts.get(i).receive(came.length));
                }
            }
            for (GuestChannel guest : guests) {
                guest.close();
            }
            hosts.forEach(Connection::close);
            closeCleanly(gpu);
        }
    }

    @Test
    void aPauseInTheMidstOfTrafficLosesAndDoublesNothing() throws Exception {
        try (LoopbackGpu gpu = connect();
                GuestChannel guest = new GuestChannel(gpu);
                Connection connection = host.accept()) {
            byte[] much = pattern(1, 400_000);
            Thread sender = Thread.ofPlatform().daemon().start(() -> {
                try {
                    connection.send(much);
                } catch (IOException e) {
                    throw new IllegalStateException(e);
                }
            });
            Thread operator = Thread.ofPlatform().daemon().start(() -> {
                try {
                    for (int i = 0; i < 30; i++) {
                        gpu.vmm().pause();
                        Thread.sleep(2);
                        gpu.vmm().resume();
                        Thread.sleep(3);
                    }
                } catch (IOException | InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            });
            assertArrayEquals(much, guest.receive(much.length));
            sender.join();
            operator.join();
            guest.close();
            closeCleanly(gpu);
        }
    }

    @Test
    void mappingsOutliveAPause() throws IOException {
        try (LoopbackGpu gpu = connect()) {
            try (GuestChannel guest = new GuestChannel(gpu);
                    Connection connection = host.accept()) {
                CrossDomainImageRequirements image = guest.imageRequirements(64, 64, XRGB8888);
                try (VirtGpuBlob blob = guest.hostBlob(image.blobId(), image.size())) {
                    blob.map().fill((byte) 7);
                    gpu.vmm().pause();
                    assertEquals(1, gpu.vmm().mappings());
                    gpu.vmm().resume();
                    guest.send(ONE, new Identifier(blob.resourceId(), CrossDomain.ID_TYPE_VIRTGPU_BLOB, 0));
                    connection.receive(1);
                    assertEquals(1, connection.fdCount());
                }
            }
            closeCleanly(gpu);
            assertEquals(0, gpu.vmm().mappings());
        }
    }

    @RepeatedTest(3)
    void afterAResetTheNextGuestFindsAFreshDevice() throws IOException {
        try (LoopbackVmm vmm = LoopbackVmm.connect(process.socket())) {
            LoopbackGpu first = LoopbackGpu.boot(vmm, new GuestOptions());
            GuestChannel before = new GuestChannel(first);
            Connection old = host.accept();
            before.poll();
            CrossDomainImageRequirements image = before.imageRequirements(64, 64, XRGB8888);
            before.hostBlob(image.blobId(), image.size()).map();
            assertEquals(1, vmm.mappings());

            vmm.reset();
            assertEquals(0, vmm.mappings());
            assertThrows(IOException.class, before::poll);
            assertThrows(IOException.class, () -> new GuestChannel(first));

            try (LoopbackGpu second = LoopbackGpu.boot(vmm, new GuestOptions().queueSize(64));
                    GuestChannel guest = new GuestChannel(second);
                    Connection connection = host.accept()) {
                old.awaitEnd();
                guest.send(ONE);
                connection.receive(1);
                image = guest.imageRequirements(64, 64, XRGB8888);
                try (VirtGpuBlob blob = guest.hostBlob(image.blobId(), image.size())) {
                    blob.map().fill((byte) 1);
                }
            } finally {
                old.close();
            }
            assertThrows(IOException.class, before::close);
            first.close();
            assertEquals(List.of(), vmm.violations(), this::logOfProcess);
        }
    }

    @RepeatedTest(3)
    void aVmmThatIsKilledLeavesNothing() throws IOException {
        try (LoopbackGpu gpu = connect()) {
            GuestChannel guest = new GuestChannel(gpu);
            try (Connection connection = host.accept()) {
                CrossDomainImageRequirements image = guest.imageRequirements(64, 64, XRGB8888);
                VirtGpuBlob blob = guest.hostBlob(image.blobId(), image.size());
                blob.map();
                guest.send(ONE, new Identifier(CrossDomain.FIRST_GUEST_IDENTIFIER, CrossDomain.ID_TYPE_READ_PIPE, 0));
                guest.poll();
                connection.receive(1);
                gpu.vmm().disconnect();
                connection.awaitEnd();
            }
        }
        try (LoopbackGpu gpu = connect();
                GuestChannel guest = new GuestChannel(gpu);
                Connection connection = host.accept()) {
            guest.send(ONE);
            connection.receive(1);
            guest.close();
            closeCleanly(gpu);
        }
    }

    @Test
    void aClientThatEndsTakesItsConnectionAlong() throws IOException {
        try (LoopbackGpu gpu = connect()) {
            for (int i = 0; i < 20; i++) {
                try (GuestChannel guest = new GuestChannel(gpu);
                        Connection connection = host.accept()) {
                    guest.poll();
                    guest.close();
                    connection.awaitEnd();
                }
            }
            // A context that ended before its INIT was done had that answered with an error, which is as it should be.
            gpu.close();
            assertEquals(List.of(), gpu.vmm().violations(), this::logOfProcess);
        }
    }

    @Test
    void aCompositorThatEndsIsToldByOneEmptyMessage() throws IOException {
        try (LoopbackGpu gpu = connect()) {
            try (GuestChannel guest = new GuestChannel(gpu);
                    Connection connection = host.accept()) {
                guest.poll();
                connection.close();
                assertEquals(0, guest.take().data().length);
                guest.poll();
                assertTrue(guest.isQuiet(50), "a second empty message came");
            }
            closeCleanly(gpu);
        }
    }

    @Test
    void aHostProcessThatDiesIsAnErrorForTheGuest(@TempDir Path elsewhere) throws IOException {
        try (HostSocket otherHost = new HostSocket(elsewhere.resolve("w"));
                WayferryProcess victim = WayferryProcess.in(elsewhere)
                        .waylandDisplay(otherHost.path().toString())
                        .vmName("victim")
                        .start();
                LoopbackGpu gpu = LoopbackGpu.connect(victim.socket());
                GuestChannel guest = new GuestChannel(gpu);
                Connection connection = otherHost.accept()) {
            guest.poll();
            victim.kill();
            connection.awaitEnd();
            assertTrue(Posix.poll(guest.context().eventFd(), Posix.POLLIN, 60_000) > 0, "nothing woke the guest");
            assertThrows(IOException.class, guest.context()::takeEvent);
            assertThrows(IOException.class, () -> guest.send(ONE));
            assertThrows(IOException.class, guest::close);
        } catch (IOException deviceGone) {
            // Closing what is left of the guest tells so once more.
            assertTrue(deviceGone.getMessage() != null);
        }
    }
}
