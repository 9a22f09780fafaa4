package dev.wayferry.examples.loopback;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.wayferry.examples.host.WayferryProcess;
import dev.wayferry.wire.crossdomain.CrossDomain;
import dev.wayferry.wire.crossdomain.CrossDomainCapabilities;
import dev.wayferry.wire.gpu.VirtioGpu;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LoopbackGpuTest {
    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    @SuppressWarnings("NullAway.Init")
    private HostSocket host;

    @SuppressWarnings("NullAway.Init")
    private WayferryProcess process;

    @BeforeEach
    void start() throws IOException {
        assumeTrue(WayferryProcess.isAvailable(), "the host process is not built");
        host = new HostSocket(folder.resolve("wayland-test"));
        process = WayferryProcess.in(folder)
                .waylandDisplay(host.path().toString())
                .argument("--log-level=debug")
                .start();
    }

    @AfterEach
    void stop() throws IOException {
        process.close();
        host.close();
    }

    @Test
    void aByteGoesThereAndBack() throws IOException {
        try (LoopbackGpu gpu = LoopbackGpu.connect(process.socket())) {
            byte[] capset = gpu.capset(VirtioGpu.CAPSET_CROSS_DOMAIN, 0, CrossDomainCapabilities.LENGTH);
            assertTrue((new CrossDomainCapabilities()
                                    .wrap(MemorySegment.ofArray(capset), 0)
                                    .supportedChannels()
                            & 1 << CrossDomain.CHANNEL_TYPE_WAYLAND)
                    != 0);
            try (GuestChannel guest = new GuestChannel(gpu);
                    HostSocket.Connection connection = host.accept()) {
                byte[] hello = "hello".getBytes(StandardCharsets.UTF_8);
                guest.poll();
                guest.send(hello);
                assertArrayEquals(hello, connection.receive(5));
                connection.send(hello);
                assertArrayEquals(hello, guest.take().data());
            }
            gpu.close();
            assertEquals(List.of(), gpu.driver().errors());
            assertEquals(List.of(), gpu.vmm().violations());
        } finally {
            System.err.println(process.log());
        }
    }
}
