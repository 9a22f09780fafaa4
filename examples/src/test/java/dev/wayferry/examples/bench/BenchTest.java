package dev.wayferry.examples.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.wayferry.examples.bench.backend.BackEnd;
import dev.wayferry.examples.bench.backend.FloorBackEnd;
import dev.wayferry.examples.bench.backend.WayferryBackEnd;
import dev.wayferry.examples.bench.workload.Workload;
import dev.wayferry.examples.bench.workload.Workloads;
import dev.wayferry.examples.host.WayferryProcess;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Every kind of workload, with as little work as can be. No figure is judged, only that it is there and makes sense. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class BenchTest {
    private static final Effort LITTLE = new Effort(2, 5, 5, 5, 1, Duration.ofMillis(100));

    private final List<BackEnd> backEnds = List.of(WayferryBackEnd.plain(), new FloorBackEnd());

    @SuppressWarnings("NullAway.Init")
    private Bench bench;

    @BeforeAll
    void start(@TempDir Path folder) throws IOException {
        assumeTrue(WayferryProcess.isAvailable(), "the host process is not built");
        bench = new Bench(backEnds, LITTLE, folder, _ -> {});
    }

    @AfterAll
    void stop() throws IOException {
        if (bench != null) {
            bench.close();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "queue",
                "sync",
                "sync-3744",
                "sync-proxy",
                "stream-to-host-10k",
                "stream-to-host-max",
                "stream-to-guest-10k",
                "stream-to-guest-max",
                "burst-to-guest",
                "contexts-9",
                "context-open",
                "beside-nobody",
                "beside-stuck-reader",
                "beside-no-poll",
                "beside-stuck-pipe",
                "beside-hanging-connect",
                "soak",
            })
    void aWorkloadHasARowOfEachBackEndWithAllItsFigures(String name) throws IOException {
        Workload workload = Stream.concat(Workloads.groups().stream().flatMap(List::stream), Stream.of(Workloads.soak()))
                .filter(each -> each.name().equals(name))
                .findAny()
                .orElseThrow();
        List<Row> rows = bench.measure(List.of(workload));
        List<String> names = new ArrayList<>();
        for (Row row : rows) {
            assertEquals(name, row.workload());
            names.add(row.backend());
            RowChecks.assertHasFigures(row);
            assertTrue(row.curve().size() > 1, row::toString);
        }
        boolean hasFloor = !name.equals("sync-proxy") && !name.startsWith("beside-");
        assertEquals(hasFloor ? List.of("wayferry", "floor") : List.of("wayferry"), names, rows::toString);
        if (name.equals("queue")) {
            assertNotNull(bench.floorCheck());
        }
    }
}
