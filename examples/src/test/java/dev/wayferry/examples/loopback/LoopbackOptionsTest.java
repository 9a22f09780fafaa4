package dev.wayferry.examples.loopback;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wayferry.examples.loopback.GuestChannel.Identifier;
import dev.wayferry.examples.loopback.GuestChannel.Message;
import dev.wayferry.examples.loopback.HostSocket.Connection;
import dev.wayferry.examples.virtgpu.VirtGpuBlob;
import dev.wayferry.posix.Memory;
import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.Posix;
import dev.wayferry.posix.PosixException;
import dev.wayferry.wire.crossdomain.CrossDomain;
import dev.wayferry.wire.crossdomain.CrossDomainImageRequirements;
import dev.wayferry.wire.vhostuser.VhostUser;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Everything that crosses, for each way in which VMMs and guests differ. */
class LoopbackOptionsTest extends HostProcessFixture {
    private static final int XRGB8888 = 0x34325258;
    private static final int READ_WRITE = Memory.PROT_READ | Memory.PROT_WRITE;
    private static final byte[] ONE = {1};

    static Stream<Arguments> machines() {
        return Stream.of(
                machine("QEMU and Linux", new VmmOptions(), new GuestOptions()),
                machine("direct descriptors", new VmmOptions(), new GuestOptions().indirect(false)),
                machine("no EVENT_IDX", new VmmOptions(), new GuestOptions().eventIdx(false)),
                machine(
                        "neither INDIRECT nor EVENT_IDX",
                        new VmmOptions(),
                        new GuestOptions().indirect(false).eventIdx(false)),
                machine("16 entries", new VmmOptions(), new GuestOptions().queueSize(16)),
                machine("16 entries, direct", new VmmOptions(), new GuestOptions().queueSize(16).indirect(false)),
                machine("4096 entries", new VmmOptions(), new GuestOptions().queueSize(4096)),
                machine("32768 entries", new VmmOptions(), new GuestOptions().queueSize(32768)),
                machine("scattered pages", new VmmOptions(), new GuestOptions().scattered(true)),
                machine(
                        "RAM above 4 GiB",
                        new VmmOptions().ramSize(96L << 20).lowRamSize(16L << 20),
                        new GuestOptions().scattered(true)),
                machine("6 GiB of RAM", new VmmOptions().ramSize(6L << 30), new GuestOptions().scattered(true)),
                machine(
                        "one memory table",
                        new VmmOptions().withoutProtocolFeature(VhostUser.PROTOCOL_F_CONFIGURE_MEM_SLOTS),
                        new GuestOptions()),
                machine("slow to map", new VmmOptions().doneDelayMillis(20), new GuestOptions()),
                machine(
                        "done before answered, without SHARED_OBJECT, as crosvm",
                        new VmmOptions()
                                .answersBeforeDone(false)
                                .withoutProtocolFeature(VhostUser.PROTOCOL_F_SHARED_OBJECT),
                        new GuestOptions()),
                machine(
                        "no STATUS, no RESET_DEVICE, no MQ",
                        new VmmOptions()
                                .withoutProtocolFeature(VhostUser.PROTOCOL_F_STATUS)
                                .withoutProtocolFeature(VhostUser.PROTOCOL_F_RESET_DEVICE)
                                .withoutProtocolFeature(VhostUser.PROTOCOL_F_MQ),
                        new GuestOptions()));
    }

    private static Arguments machine(String name, VmmOptions vmm, GuestOptions guest) {
        return Arguments.of(Named.of(name, vmm), guest);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("machines")
    void bytesCrossBothWays(VmmOptions vmm, GuestOptions guestOptions) throws IOException {
        try (LoopbackGpu gpu = connect(vmm, guestOptions)) {
            try (GuestChannel guest = new GuestChannel(gpu);
                    Connection connection = host.accept()) {
                for (int i = 0; i < 100; i++) {
                    byte[] there = pattern(i, 1 + i * 37);
                    guest.send(there);
                    assertArrayEquals(there, connection.receive(there.length));
                    connection.send(there);
                    assertArrayEquals(there, guest.receive(there.length));
                }
                byte[] much = pattern(7, 100_000);
                connection.send(much);
                assertArrayEquals(much, guest.receive(much.length));
            }
            closeCleanly(gpu);
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("machines")
    void imagesCrossWithoutACopy(VmmOptions vmm, GuestOptions guestOptions) throws IOException {
        try (LoopbackGpu gpu = connect(vmm, guestOptions)) {
            try (GuestChannel guest = new GuestChannel(gpu);
                    Connection connection = host.accept();
                    Arena arena = Arena.ofConfined()) {
                CrossDomainImageRequirements image = guest.imageRequirements(320, 240, XRGB8888);
                assertEquals(320 * 4, image.strides(0));
                assertEquals(320 * 240 * 4, image.size());
                try (VirtGpuBlob blob = guest.hostBlob(image.blobId(), image.size())) {
                    MemorySegment inGuest = blob.map();
                    inGuest.fill((byte) 0x5a);
                    guest.send(ONE, new Identifier(blob.resourceId(), CrossDomain.ID_TYPE_VIRTGPU_BLOB, 0));
                    connection.receive(1);
                    try (OwnedFd file = connection.takeFd()) {
                        MemorySegment onHost = Memory.map(file.number(), 0, blob.size(), READ_WRITE, arena);
                        assertEquals(-1, inGuest.mismatch(onHost));
                        onHost.set(ValueLayout.JAVA_INT, 4096, 0x01020304);
                        assertEquals(0x01020304, inGuest.get(ValueLayout.JAVA_INT, 4096));
                    }
                }
            }
            closeCleanly(gpu);
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("machines")
    void filesOfTheCompositorCross(VmmOptions vmm, GuestOptions guestOptions) throws IOException {
        byte[] keymap = pattern(3, 5000);
        try (LoopbackGpu gpu = connect(vmm, guestOptions)) {
            try (GuestChannel guest = new GuestChannel(gpu);
                    Connection connection = host.accept();
                    OwnedFd file = memoryFile(keymap)) {
                guest.poll();
                connection.send(ONE, file.number());
                Message message = guest.take();
                assertEquals(1, message.identifiers().size());
                Identifier identifier = message.identifiers().getFirst();
                assertEquals(CrossDomain.ID_TYPE_VIRTGPU_BLOB, identifier.type());
                assertEquals(keymap.length, identifier.size());
                try (VirtGpuBlob blob = guest.hostBlob(identifier.id(), identifier.size())) {
                    assertArrayEquals(
                            keymap, blob.map().asSlice(0, keymap.length).toArray(ValueLayout.JAVA_BYTE));
                }
            }
            closeCleanly(gpu);
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("machines")
    void pipesCrossBothWays(VmmOptions vmm, GuestOptions guestOptions) throws IOException {
        try (LoopbackGpu gpu = connect(vmm, guestOptions)) {
            try (GuestChannel guest = new GuestChannel(gpu);
                    Connection connection = host.accept()) {
                guestReadsPipe(guest, connection);
                guestWritesPipe(guest, connection);
            }
            closeCleanly(gpu);
        }
    }

    private static void guestReadsPipe(GuestChannel guest, Connection connection) throws IOException {
        int number = CrossDomain.FIRST_GUEST_IDENTIFIER + 1;
        guest.send(ONE, new Identifier(number, CrossDomain.ID_TYPE_READ_PIPE, 0));
        connection.receive(1);
        byte[] clipboard = pattern(9, 10_000);
        guest.poll();
        try (OwnedFd writeEnd = connection.takeFd();
                Arena arena = Arena.ofConfined()) {
            MemorySegment bytes = arena.allocateFrom(ValueLayout.JAVA_BYTE, clipboard);
            assertEquals(clipboard.length, Posix.write(writeEnd.number(), bytes));
        }
        byte[] read = new byte[clipboard.length];
        int filled = 0;
        for (Message message = guest.take(); !message.hangUp(); message = guest.take()) {
            assertEquals(CrossDomain.CMD_READ, message.cmd());
            assertEquals(number, message.identifiers().getFirst().id());
            System.arraycopy(message.data(), 0, read, filled, message.data().length);
            filled += message.data().length;
            guest.poll();
        }
        assertArrayEquals(clipboard, read);
    }

    private static void guestWritesPipe(GuestChannel guest, Connection connection) throws IOException {
        long pipe = PosixException.check(Posix.pipe(), "pipe");
        byte[] selection = pattern(11, 4000);
        try (OwnedFd readEnd = new OwnedFd(Posix.readEnd(pipe));
                OwnedFd writeEnd = new OwnedFd(Posix.writeEnd(pipe));
                Arena arena = Arena.ofConfined()) {
            guest.poll();
            connection.send(ONE, writeEnd.number());
            writeEnd.close();
            Identifier identifier = guest.take().identifiers().getFirst();
            assertEquals(CrossDomain.ID_TYPE_WRITE_PIPE, identifier.type());
            guest.write(identifier.id(), selection, false);
            guest.write(identifier.id(), new byte[0], true);
            MemorySegment buffer = arena.allocate(8192);
            byte[] read = new byte[selection.length];
            int filled = 0;
            while (true) {
                assertTrue(Posix.poll(readEnd.number(), Posix.POLLIN, 10_000) > 0);
                int got = (int) Posix.read(readEnd.number(), buffer);
                if (got == 0) {
                    break;
                }
                MemorySegment.copy(buffer, ValueLayout.JAVA_BYTE, 0, read, filled, got);
                filled += got;
            }
            assertArrayEquals(selection, read);
        }
    }

    private static OwnedFd memoryFile(byte[] contents) throws IOException {
        OwnedFd file = OwnedFd.of(Memory.memfdCreate("keymap"), "memfd_create");
        PosixException.check(Memory.ftruncate(file.number(), contents.length), "ftruncate");
        try (Arena arena = Arena.ofConfined()) {
            Memory.map(file.number(), 0, contents.length, READ_WRITE, arena)
                    .copyFrom(MemorySegment.ofArray(contents));
        }
        return file;
    }
}
