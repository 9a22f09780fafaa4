package dev.wayferry.examples.bench.workload;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.wayferry.examples.bench.backend.ServerProcess;
import dev.wayferry.examples.bench.compositor.Arrivals;
import dev.wayferry.examples.bench.compositor.EchoCompositor;
import dev.wayferry.examples.bench.guest.GpuGuest;
import dev.wayferry.examples.host.WayferryProcess;
import java.io.IOException;
import java.net.SocketException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** That what is to be in the way of others is so, and goes away again. */
class NuisancesTest {
    @TempDir
    Path folder;

    @SuppressWarnings("NullAway.Init")
    private Arrivals arrivals;

    @SuppressWarnings("NullAway.Init")
    private ServerProcess compositor;

    @SuppressWarnings("NullAway.Init")
    private WayferryProcess process;

    @SuppressWarnings("NullAway.Init")
    private GpuGuest guest;

    @BeforeEach
    void start() throws IOException {
        assumeTrue(WayferryProcess.isAvailable(), "the host process is not built");
        arrivals = Arrivals.create();
        compositor = ServerProcess.start(folder.resolve("wayland"), EchoCompositor.class, arrivals.path());
        process = WayferryProcess.in(folder)
                .waylandDisplay(compositor.socket().toString())
                .start();
        guest = GpuGuest.connect(process.socket());
    }

    @AfterEach
    void stop() throws IOException {
        if (guest != null) {
            assertEquals(List.of(), guest.violations());
            guest.close();
            process.close();
            compositor.close();
            arrivals.close();
        }
    }

    /** Twice, since it begins and ends in each round. */
    private void assertWaits(Function<GpuGuest, Nuisance> made) throws IOException {
        Nuisance nuisance = made.apply(guest);
        for (int round = 0; round < 2; round++) {
            nuisance.begin();
            assertTrue(nuisance.isKeptWaiting());
            nuisance.end();
        }
    }

    @Test
    void aSenderWhomTheCompositorDoesNotReadIsKeptWaiting() throws IOException {
        assertWaits(Nuisances.StuckReader::new);
    }

    @Test
    void aWriterWhosePipeNobodyReadsIsKeptWaiting() throws IOException {
        assertWaits(Nuisances.StuckPipe::new);
    }

    @Test
    void nobodyGetsThroughToASocketThatHangs() throws IOException {
        Path path = folder.resolve("hung");
        try (HungSocket hung = HungSocket.at(path);
                SocketChannel client = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            client.configureBlocking(false);
            UnixDomainSocketAddress address = UnixDomainSocketAddress.of(hung.path());
            assertThrows(SocketException.class, () -> client.connect(address));
        }
        assertTrue(Files.notExists(path));
    }
}
