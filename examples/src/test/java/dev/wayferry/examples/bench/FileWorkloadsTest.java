package dev.wayferry.examples.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.wayferry.examples.bench.backend.FloorBackEnd;
import dev.wayferry.examples.bench.backend.WayferryBackEnd;
import dev.wayferry.examples.bench.workload.Workload;
import dev.wayferry.examples.bench.workload.Workloads;
import dev.wayferry.examples.host.WayferryProcess;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The workloads in which files travel, and what a guest does first, with as little work as can be. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class FileWorkloadsTest {
    private static final Effort LITTLE = new Effort(2, 5, 30, 5, 1, Duration.ofMillis(100));

    @SuppressWarnings("NullAway.Init")
    private Bench bench;

    @BeforeAll
    void start(@TempDir Path folder) throws IOException {
        assumeTrue(WayferryProcess.isAvailable(), "the host process is not built");
        bench = new Bench(List.of(WayferryBackEnd.plain(), new FloorBackEnd()), LITTLE, folder, _ -> {});
    }

    @AfterAll
    void stop() throws IOException {
        if (bench != null) {
            bench.close();
        }
    }

    private List<Row> measure(String name) throws IOException {
        Workload workload = Workloads.groups().stream()
                .flatMap(List::stream)
                .filter(each -> each.name().equals(name))
                .findAny()
                .orElseThrow();
        return bench.measure(List.of(workload));
    }

    @ParameterizedTest
    @ValueSource(strings = {"frames-1080p144-shm", "frames-4k60-shm", "frames-1080p60-guest", "pipe", "pipe-to-host"})
    void aWorkloadHasARowOfEachBackEndWithAllItsFigures(String name) throws IOException {
        List<Row> rows = measure(name);
        assertEquals(List.of("wayferry", "floor"), rows.stream().map(Row::backend).toList(), rows::toString);
        for (Row row : rows) {
            RowChecks.assertHasFigures(row);
            assertEquals(name.startsWith("frames-"), row.lateFrames() != null, row::toString);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"map-10", "map-450"})
    void mappingHasNoFloor(String name) throws IOException {
        List<Row> rows = measure(name);
        assertEquals(List.of("wayferry"), rows.stream().map(Row::backend).toList(), rows::toString);
        RowChecks.assertHasFigures(rows.getFirst());
    }

    @Test
    void aRowOfWhatThisMachineCannotDoSaysWhy() throws IOException {
        for (Row row : measure("frames-1080p60-dmabuf")) {
            if (row.p50Us() == null) {
                assertNull(row.opsPerS());
                assertNull(row.lateFrames());
                assertNotNull(row.note());
            } else {
                // It has dma-bufs.
                RowChecks.assertHasFigures(row);
            }
        }
    }

    @Test
    void theFirstFrameAndTheFirstMessageHaveARowOfEachBackEnd() throws IOException {
        List<Row> frames = bench.firsts().frame(1);
        List<Row> messages = bench.firsts().message(1, Map.of("wayferry", 10.0));
        for (List<Row> rows : List.of(frames, messages)) {
            assertEquals(List.of("wayferry", "floor"), rows.stream().map(Row::backend).toList());
            rows.forEach(row -> RowChecks.assertRises(row.p50Us(), row.maxUs()));
        }
        assertTrue(String.valueOf(messages.getFirst().note()).contains("a warm sync of many in a row takes 10.0 us; a warm one after as long a quiet "), messages::toString);
    }
}
