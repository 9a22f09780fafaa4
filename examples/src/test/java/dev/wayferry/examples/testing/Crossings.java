package dev.wayferry.examples.testing;

import dev.wayferry.examples.testing.GuestChannel.Identifier;
import dev.wayferry.examples.testing.GuestChannel.Message;
import dev.wayferry.examples.testing.MirrorHost.Request;
import dev.wayferry.examples.virtgpu.VirtGpuBlob;
import dev.wayferry.examples.virtgpu.VirtGpuContext;
import dev.wayferry.examples.virtgpu.VirtGpuDevice;
import dev.wayferry.posix.Memory;
import dev.wayferry.posix.OwnedFd;
import dev.wayferry.wire.crossdomain.CrossDomain;
import dev.wayferry.wire.crossdomain.CrossDomainCapabilities;
import dev.wayferry.wire.crossdomain.CrossDomainImageRequirements;
import dev.wayferry.wire.gpu.VirtioGpu;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Everything that crosses between a guest's program and the host, on whatever virtio GPU; the host's end is a
 * {@link MirrorHost}. Without JUnit, as it also runs inside of a real guest.
 */
public final class Crossings {
    private static final int XRGB8888 = 0x34325258;
    private static final int READ_WRITE = Memory.PROT_READ | Memory.PROT_WRITE;
    private static final int CHANNELS = 4;

    private final VirtGpuDevice gpu;

    public Crossings(VirtGpuDevice gpu) {
        this.gpu = gpu;
    }

    /** All of them, one after the other. */
    public void run() throws IOException {
        capset();
        bytes();
        severalChannels();
        images();
        importedBlobs();
        files();
        pipeToGuest();
        pipeFromGuest();
        refusedBlobs();
    }

    /** The capset says that Wayland crosses. */
    public void capset() throws IOException {
        byte[] capset = gpu.capset(VirtioGpu.CAPSET_CROSS_DOMAIN, 0, CrossDomainCapabilities.LENGTH);
        int channels = new CrossDomainCapabilities()
                .wrap(MemorySegment.ofArray(capset), 0)
                .supportedChannels();
        check((channels >>> CrossDomain.CHANNEL_TYPE_WAYLAND & 1) != 0, "channels " + channels);
    }

    /** Messages of all lengths come back as they went. */
    public void bytes() throws IOException {
        try (GuestChannel guest = new GuestChannel(gpu)) {
            for (int length = 0; length <= 3700; length += 37) {
                echo(guest, pattern(length));
            }
            echo(guest, pattern(100_000));
        }
    }

    /** Channels do not get into each other's way. */
    public void severalChannels() throws IOException {
        List<GuestChannel> guests = new ArrayList<>();
        for (int i = 0; i < CHANNELS; i++) {
            guests.add(new GuestChannel(gpu));
        }
        for (int round = 0; round < 20; round++) {
            for (int i = 0; i < CHANNELS; i++) {
                request(guests.get(i), Request.ECHO, 1000 + i);
            }
            for (int i = CHANNELS - 1; i >= 0; i--) {
                guests.get(i).sendAll(pattern(1000 + i));
                same(pattern(1000 + i), guests.get(i).receive(1000 + i));
            }
        }
        for (GuestChannel guest : guests) {
            guest.close();
        }
    }

    private static void echo(GuestChannel guest, byte[] there) throws IOException {
        request(guest, Request.ECHO, there.length);
        guest.sendAll(there);
        same(there, guest.receive(there.length));
    }

    /** An image's memory is the same on both sides. */
    public void images() throws IOException {
        try (GuestChannel guest = new GuestChannel(gpu)) {
            CrossDomainImageRequirements image = guest.imageRequirements(320, 240, XRGB8888);
            check(image.strides(0) == 320 * 4, "stride " + image.strides(0));
            check(image.size() == 320 * 240 * 4, "size " + image.size());
            int blobId = image.blobId();
            for (int i = 0; i < 5; i++) {
                try (VirtGpuBlob blob = guest.hostBlob(blobId, 320 * 240 * 4)) {
                    lookAt(guest, blob, 1000 * i);
                }
            }
        }
    }

    private static void lookAt(GuestChannel guest, VirtGpuBlob blob, int value) throws IOException {
        MemorySegment memory = blob.map();
        check(memory.get(ValueLayout.JAVA_INT, 0) == 0, "an old image's contents");
        memory.set(ValueLayout.JAVA_INT, 0, value);
        request(
                guest,
                Request.LOOK_AT_FILE,
                0,
                new Identifier(blob.resourceId(), CrossDomain.ID_TYPE_VIRTGPU_BLOB, 0));
        int seen = ByteBuffer.wrap(guest.receive(Integer.BYTES)).getInt();
        check(seen == value, "the host saw " + seen + ", not " + value);
        int answer = memory.get(ValueLayout.JAVA_INT, Integer.BYTES);
        check(answer == value + 1, "the guest saw " + answer + ", not " + (value + 1));
    }

    /** A blob lives as long as anything holds it, and a file of it can be mapped. */
    public void importedBlobs() throws IOException {
        try (GuestChannel guest = new GuestChannel(gpu);
                GuestChannel other = new GuestChannel(gpu);
                Arena arena = Arena.ofConfined()) {
            CrossDomainImageRequirements image = guest.imageRequirements(64, 64, XRGB8888);
            VirtGpuBlob blob = guest.hostBlob(image.blobId(), image.size());
            VirtGpuContext context = other.context();
            VirtGpuBlob imported;
            try (OwnedFd file = blob.export()) {
                MemorySegment shared = Memory.map(file.number(), 0, blob.size(), READ_WRITE, arena);
                blob.map().set(ValueLayout.JAVA_INT, 8, 77);
                check(shared.get(ValueLayout.JAVA_INT, 8) == 77, "the exported file is something else");
                imported = context.importBlob(file.number());
                VirtGpuBlob again = context.importBlob(file.number());
                check(imported.resourceId() == blob.resourceId(), "imported as " + imported.resourceId());
                check(again.size() == blob.size(), "imported with " + again.size() + " bytes");
                again.close();
            }
            blob.close();
            check(imported.map().get(ValueLayout.JAVA_INT, 8) == 77, "the imported blob is something else");
            lookAt(other, imported, 5);
            imported.close();
        }
    }

    /** A file of the host's becomes a blob of the guest's. */
    public void files() throws IOException {
        try (GuestChannel guest = new GuestChannel(gpu)) {
            for (int length : new int[] {1, 4096, 50_000}) {
                request(guest, Request.SEND_FILE, length);
                guest.poll();
                Identifier file = guest.take().identifiers().getFirst();
                check(file.type() == CrossDomain.ID_TYPE_VIRTGPU_BLOB, "type " + file.type());
                check(file.size() == length, "size " + file.size());
                try (VirtGpuBlob blob = guest.hostBlob(file.id(), file.size())) {
                    same(pattern(length), blob.map().asSlice(0, length).toArray(ValueLayout.JAVA_BYTE));
                }
            }
        }
    }

    /** What the host writes to a pipe of the guest's arrives, and then its end. */
    public void pipeToGuest() throws IOException {
        try (GuestChannel guest = new GuestChannel(gpu)) {
            for (int i = 0; i < 3; i++) {
                int number = CrossDomain.FIRST_GUEST_IDENTIFIER + 1 + i;
                byte[] expected = pattern(20_000);
                request(
                        guest,
                        Request.WRITE_PIPE,
                        expected.length,
                        new Identifier(number, CrossDomain.ID_TYPE_READ_PIPE, 0));
                byte[] read = new byte[0];
                guest.poll();
                for (Message message = guest.take(); !message.hangUp(); message = guest.take()) {
                    check(message.cmd() == CrossDomain.CMD_READ, "command " + message.cmd());
                    check(message.identifiers().getFirst().id() == number, "another pipe");
                    int before = read.length;
                    read = Arrays.copyOf(read, before + message.data().length);
                    System.arraycopy(message.data(), 0, read, before, message.data().length);
                    guest.poll();
                }
                same(expected, read);
            }
        }
    }

    /** What the guest writes to a pipe of the host's arrives, and then its end. */
    public void pipeFromGuest() throws IOException {
        try (GuestChannel guest = new GuestChannel(gpu)) {
            byte[] selection = pattern(10_000);
            request(guest, Request.READ_PIPE, selection.length);
            guest.poll();
            Identifier pipe = guest.take().identifiers().getFirst();
            check(pipe.type() == CrossDomain.ID_TYPE_WRITE_PIPE, "type " + pipe.type());
            for (int at = 0; at < selection.length; at += 4000) {
                guest.write(
                        pipe.id(),
                        Arrays.copyOfRange(selection, at, Math.min(at + 4000, selection.length)),
                        false);
            }
            guest.write(pipe.id(), new byte[0], true);
            int right = ByteBuffer.wrap(guest.receive(Integer.BYTES)).getInt();
            check(right == selection.length, right + " bytes were right");
        }
    }

    /** A blob that the host refuses is an error where it is mapped, and nothing worse. */
    public void refusedBlobs() throws IOException {
        try (GuestChannel guest = new GuestChannel(gpu)) {
            try (VirtGpuBlob blob = guest.hostBlob(4711, 4096)) {
                boolean mapped = false;
                try {
                    blob.map();
                    mapped = true;
                } catch (IOException refused) {
                    // As it should be.
                }
                check(!mapped, "a blob of nothing was mapped");
            }
            echo(guest, pattern(10));
        }
    }

    private static void request(GuestChannel guest, Request request, int number, Identifier... identifiers)
            throws IOException {
        byte[] bytes = ByteBuffer.allocate(MirrorHost.REQUEST_LENGTH)
                .put((byte) request.ordinal())
                .putInt(number)
                .array();
        guest.send(bytes, identifiers);
    }

    private static void same(byte[] expected, byte[] actual) {
        int at = Arrays.mismatch(expected, actual);
        check(at < 0, "other bytes from " + at + " of " + expected.length + ", of " + actual.length + " that came");
    }

    private static void check(boolean good, String otherwise) {
        if (!good) {
            throw new AssertionError(otherwise);
        }
    }

    /** Bytes of which each tells where it belongs. */
    static byte[] pattern(int length) {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++) {
            bytes[i] = (byte) (length * 31 + i + (i >> 8));
        }
        return bytes;
    }
}
