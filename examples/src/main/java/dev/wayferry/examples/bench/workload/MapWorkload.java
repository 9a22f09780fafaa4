package dev.wayferry.examples.bench.workload;

import dev.wayferry.examples.bench.backend.BackEnd;
import dev.wayferry.examples.bench.guest.GpuBlobs;
import dev.wayferry.examples.bench.guest.GpuGuest;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.HdrHistogram.Histogram;

/**
 * RESOURCE_UNMAP_BLOB and RESOURCE_MAP_BLOB, one after the other, with so many blobs mapped. An operation is both; a floor
 * has nothing of the kind.
 */
final class MapWorkload implements Workload {
    private static final int SIDE = 64;
    private static final int LINEAR = 0x10;

    private final int live;

    MapWorkload(int live) {
        this.live = live;
    }

    @Override
    public String name() {
        return "map-" + live;
    }

    @Override
    public boolean suits(BackEnd backEnd) {
        return backEnd.isGpu();
    }

    @Override
    public double operationsPerMilli() {
        return 0.7;
    }

    @Override
    public Session open(Subject subject) throws IOException {
        return Capability.open(subject, each -> new Mapping(each, live));
    }

    private static final class Mapping extends GuestSession {
        private final GpuBlobs blobs;
        private final List<GpuBlobs.Blob> mapped = new ArrayList<>();
        private int next;

        Mapping(Subject subject, int live) throws IOException {
            super(subject, 1);
            blobs = ((GpuGuest) guest).blobs();
            try {
                for (int i = 0; i < live; i++) {
                    GpuBlobs.Blob blob = blobs.createHost(connection, SIDE, SIDE, LINEAR);
                    blobs.map(connection, blob);
                    mapped.add(blob);
                }
            } catch (IOException | RuntimeException e) {
                close();
                throw e;
            }
        }

        @Override
        public long run(int operations, Histogram latencies) throws IOException {
            long start = System.nanoTime();
            long before = start;
            for (int i = 0; i < operations; i++) {
                GpuBlobs.Blob blob = mapped.get(next);
                blobs.unmap(connection, blob);
                blobs.map(connection, blob);
                next = (next + 1) % mapped.size();
                long after = System.nanoTime();
                Latencies.record(latencies, after - before);
                before = after;
            }
            return before - start;
        }

        @Override
        public void close() throws IOException {
            for (GpuBlobs.Blob blob : mapped) {
                blobs.unmap(connection, blob);
                blobs.destroy(connection, blob);
            }
            super.close();
        }
    }
}
