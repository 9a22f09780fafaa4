package dev.wayferry.examples.loopback;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wayferry.examples.testing.GuestChannel;
import dev.wayferry.examples.testing.HostSocket.Connection;
import dev.wayferry.examples.virtgpu.VirtGpuBlob;
import dev.wayferry.posix.Memory;
import dev.wayferry.posix.OwnedFd;
import dev.wayferry.wire.crossdomain.CrossDomainImageRequirements;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A host process that the kernel refuses what it needs, by limits set while it runs, or that stands still for a while. */
final class ScarcityTest extends HostProcessFixture {
    private static final int XRGB8888 = 0x34325258;
    private static final byte[] ONE = {1};
    private static final int LOOK_MILLIS = 5;
    private static final int LOOKS = 12_000;
    private static final int FEW_FILES = 64;

    /** What may be mapped beyond what is, for the JVM's own needs; guest memory is far more. */
    private static final long SPARE = 2L << 30;

    /** Sets the process's soft limits, of its own choosing again by "unlimited" or what it was. */
    private void limit(String resource, String soft) throws IOException, InterruptedException {
        run("prlimit", "--pid=" + process.pid(), "--" + resource + "=" + soft + ":");
    }

    private static void run(String... command) throws IOException, InterruptedException {
        assertEquals(0, new ProcessBuilder(command).inheritIO().start().waitFor(), String.join(" ", command));
    }

    @AfterEach
    void liftLimits() throws IOException, InterruptedException {
        if (process.isAlive()) {
            limit("nofile", hardLimit("Max open files"));
            limit("fsize", hardLimit("Max file size"));
            limit("as", hardLimit("Max address space"));
        }
    }

    private String hardLimit(String name) throws IOException {
        String line = procLine("limits", name);
        return line.substring(name.length()).strip().split(" +")[1];
    }

    private String procLine(String file, String start) throws IOException {
        return Files.readAllLines(Path.of("/proc/" + process.pid() + "/" + file)).stream()
                .filter(line -> line.startsWith(start))
                .findFirst()
                .orElseThrow();
    }

    /** Whether the compositor accepts the channel, whose connection then is in {@code connections}; if not, it has ended. */
    private boolean isConnected(GuestChannel channel, List<Connection> connections) throws IOException {
        channel.poll();
        for (int i = 0; i < LOOKS; i++) {
            if (!host.isQuiet(LOOK_MILLIS)) {
                connections.add(host.accept());
                return true;
            }
            if (!channel.isQuiet(LOOK_MILLIS)) {
                assertEquals(0, channel.take().data().length);
                return false;
            }
        }
        throw new IOException("a channel is neither connected nor ended");
    }

    private static void echoes(GuestChannel channel, Connection connection) throws IOException {
        channel.send(ONE);
        assertArrayEquals(ONE, connection.receive(1));
        connection.send(ONE);
        assertArrayEquals(ONE, channel.receive(1));
    }

    private static VirtGpuBlob image(GuestChannel channel, int side) throws IOException {
        CrossDomainImageRequirements image = channel.imageRequirements(side, side, XRGB8888);
        return channel.hostBlob(image.blobId(), image.size());
    }

    @ParameterizedTest
    @ValueSource(ints = {3, FEW_FILES})
    void aFullDescriptorTableCostsNobodyWhoNeedsNoMoreDescriptors(int files) throws Exception {
        List<Connection> connections = new ArrayList<>();
        List<GuestChannel> channels = new ArrayList<>();
        try (LoopbackGpu gpu = connect();
                GuestChannel first = new GuestChannel(gpu);
                Connection atFirst = host.accept()) {
            echoes(first, atFirst);
            limit("nofile", String.valueOf(files));
            int refused = 0;
            for (int i = 0; i < FEW_FILES && refused < 4; i++) {
                GuestChannel next = new GuestChannel(gpu);
                channels.add(next);
                refused += isConnected(next, connections) ? 0 : 1;
            }
            assertTrue(refused > 0, "none was refused");
            VirtGpuBlob unmade = image(first, 64);
            assertThrows(IOException.class, unmade::map);
            unmade.close();
            echoes(first, atFirst);

            limit("nofile", hardLimit("Max open files"));
            try (GuestChannel next = new GuestChannel(gpu);
                    Connection connection = host.accept();
                    VirtGpuBlob made = image(next, 64)) {
                echoes(next, connection);
                made.map().fill((byte) 1);
            }
            for (GuestChannel channel : channels) {
                channel.close();
            }
            assertEquals(List.of(), gpu.vmm().violations(), this::logOfProcess);
        } finally {
            connections.forEach(Connection::close);
        }
        assertAlive();
    }

    @Test
    void filesThatNoDescriptorIsLeftForEndTheirConnectionOnly() throws Exception {
        try (LoopbackGpu gpu = connect();
                GuestChannel first = new GuestChannel(gpu);
                Connection atFirst = host.accept();
                GuestChannel second = new GuestChannel(gpu);
                Connection atSecond = host.accept();
                OwnedFd file = OwnedFd.of(Memory.sealedMemfd("file", Memory.PAGE_SIZE), "memfd")) {
            echoes(first, atFirst);
            echoes(second, atSecond);
            limit("nofile", "3");
            atSecond.send(ONE, file.number(), file.number());
            second.poll();
            assertEquals(0, second.take().data().length);
            atSecond.awaitEnd();
            echoes(first, atFirst);
        }
        assertAlive();
    }

    @Test
    void aVmmThatNoDescriptorIsLeftForIsServedLater() throws Exception {
        limit("nofile", "3");
        assertThrows(IOException.class, () -> LoopbackGpu.connect(process.socket()).close());
        assertAlive();
        limit("nofile", hardLimit("Max open files"));
        try (LoopbackGpu gpu = connect();
                GuestChannel channel = new GuestChannel(gpu);
                Connection connection = host.accept()) {
            echoes(channel, connection);
        }
    }

    @Test
    void aBlobThatTheKernelMakesNoFileOfIsAnErrorOfThatBlob() throws Exception {
        try (LoopbackGpu gpu = connect();
                GuestChannel channel = new GuestChannel(gpu);
                Connection connection = host.accept()) {
            echoes(channel, connection);
            limit("fsize", String.valueOf(1 << 16));
            try (VirtGpuBlob large = image(channel, 512)) {
                assertThrows(IOException.class, large::map);
            }
            try (VirtGpuBlob small = image(channel, 64)) {
                small.map().fill((byte) 1);
            }
            echoes(channel, connection);
            limit("fsize", hardLimit("Max file size"));
            try (VirtGpuBlob large = image(channel, 512)) {
                large.map().fill((byte) 1);
            }
        }
        assertAlive();
    }

    @Test
    void guestMemoryThatCanNotBeMappedEndsThatSessionOnly() throws Exception {
        long mapped = Long.parseLong(procLine("status", "VmSize").replaceAll("\\D", "")) << 10;
        limit("as", String.valueOf(mapped + SPARE));
        VmmOptions large = new VmmOptions().ramSize(8L << 30);
        assertThrows(IOException.class, () -> LoopbackGpu.connect(process.socket(), large, new GuestOptions()).close());
        assertAlive();
        try (LoopbackGpu gpu = connect();
                GuestChannel channel = new GuestChannel(gpu);
                Connection connection = host.accept()) {
            echoes(channel, connection);
        }
        limit("as", hardLimit("Max address space"));
        try (LoopbackGpu gpu = connect(large, new GuestOptions());
                GuestChannel channel = new GuestChannel(gpu);
                Connection connection = host.accept()) {
            echoes(channel, connection);
        }
    }

    @RepeatedTest(3)
    void aProcessThatStoodStillLosesAndDoublesNothing() throws Exception {
        try (LoopbackGpu gpu = connect();
                GuestChannel channel = new GuestChannel(gpu);
                Connection connection = host.accept()) {
            channel.poll();
            byte[] toHost = pattern(1, 100_000);
            byte[] toGuest = pattern(2, 100_000);
            channel.sendAll(Arrays.copyOf(toHost, 50_000));
            run("sh", "-c", "kill -STOP " + process.pid());
            try {
                channel.sendAll(Arrays.copyOfRange(toHost, 50_000, toHost.length));
                connection.send(toGuest);
            } finally {
                run("sh", "-c", "kill -CONT " + process.pid());
            }
            assertArrayEquals(toHost, connection.receive(toHost.length));
            byte[] first = channel.take().data();
            byte[] rest = channel.receive(toGuest.length - first.length);
            assertArrayEquals(Arrays.copyOf(toGuest, first.length), first);
            assertArrayEquals(Arrays.copyOfRange(toGuest, first.length, toGuest.length), rest);
            channel.close();
            closeCleanly(gpu);
        }
    }
}
