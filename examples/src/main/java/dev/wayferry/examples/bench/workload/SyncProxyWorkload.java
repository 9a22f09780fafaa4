package dev.wayferry.examples.bench.workload;

import dev.wayferry.examples.bench.backend.BackEnd;
import dev.wayferry.examples.bench.backend.Running;
import dev.wayferry.examples.client.ClientConnection;
import dev.wayferry.examples.guestproxy.GuestProxy;
import dev.wayferry.examples.loopback.LoopbackGpu;
import java.io.IOException;
import org.HdrHistogram.Histogram;

/**
 * {@code wl_display.sync} as a guest's program sees it: through the guest proxy, and the queues of a driver with threads as
 * Linux has them. With a process of the back-end of its own, as another guest is connected to the first.
 */
final class SyncProxyWorkload implements Workload {
    @Override
    public String name() {
        return "sync-proxy";
    }

    @Override
    public boolean suits(BackEnd backEnd) {
        return backEnd.isGpu();
    }

    @Override
    public double operationsPerMilli() {
        return 4;
    }

    @Override
    public Session open(Subject subject) throws IOException {
        String name = subject.name() + "-proxied";
        Running process = subject.backEnd().start(subject.folder(), name, subject.wayland());
        try {
            return new Proxied(subject, process, name);
        } catch (IOException | RuntimeException e) {
            process.close();
            throw e;
        }
    }

    private static final class Proxied implements Session {
        private final Running process;
        private final LoopbackGpu gpu;
        private final GuestProxy proxy;
        private final ClientConnection client;

        Proxied(Subject subject, Running process, String name) throws IOException {
            this.process = process;
            gpu = LoopbackGpu.connect(process.socket());
            try {
                proxy = GuestProxy.start(gpu, subject.folder().resolve(name + "-wayland"));
                try {
                    client = ClientConnection.connect(proxy.socket());
                } catch (IOException | RuntimeException e) {
                    proxy.close();
                    throw e;
                }
            } catch (IOException | RuntimeException e) {
                gpu.close();
                throw e;
            }
        }

        @Override
        public long run(int operations, Histogram latencies) throws IOException {
            long start = System.nanoTime();
            long before = start;
            for (int i = 0; i < operations; i++) {
                client.roundTrip();
                long after = System.nanoTime();
                Latencies.record(latencies, after - before);
                before = after;
            }
            return before - start;
        }

        @Override
        public Running process() {
            return process;
        }

        @Override
        public void fail(IOException why) {
            // The client is then told that its compositor is gone.
            gpu.vmm().disconnect();
        }

        @Override
        public void close() throws IOException {
            client.close();
            proxy.close();
            gpu.close();
            process.close();
        }
    }
}
