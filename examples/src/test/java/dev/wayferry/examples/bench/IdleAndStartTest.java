package dev.wayferry.examples.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static java.util.Objects.requireNonNull;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class IdleAndStartTest {
    private static final List<String> OPTIONS = List.of("-XX:+UseSerialGC", "-Xms8m", "-Xmx128m");

    @TempDir
    Path folder;

    @Test
    void anEmptyJvmHasTheOptionsThatItWasGiven() throws Exception {
        try (EmptyJvm jvm = EmptyJvm.start(OPTIONS, folder)) {
            assertEquals(OPTIONS, EmptyJvm.optionsOf(jvm.pid()));
        }
    }

    @Test
    void theMainThreadOfAnEmptyJvmSleeps() throws Exception {
        try (EmptyJvm jvm = EmptyJvm.start(OPTIONS, folder)) {
            IdleFigures figures = IdleFigures.measure(jvm.pid(), Duration.ofMillis(300));
            assertTrue(figures.sleeps().containsKey("java"), figures.toString());
            assertEquals(0, figures.loopAndControlSleeps());
            Row row = figures.row(EmptyJvm.NAME);
            assertEquals(figures.allSleeps() / figures.seconds(), row.opsPerS());
            assertTrue(requireNonNull(row.rssKb()) > 0, row.toString());
        }
    }

    @Test
    void onlyLoopAndControlThreadsAreHeldToNone() {
        var figures = new IdleFigures(10, 5_000_000, Map.of("loop vm", 2L, "vhost-user vm", 1L, "VM Thread", 7L), 4);
        assertEquals(3, figures.loopAndControlSleeps());
        assertEquals(0.3, figures.threadsRow("wayferry").opsPerS());
        Row row = figures.row("wayferry");
        assertEquals(1.0, row.opsPerS());
        assertEquals(500.0, row.cpuUsPerOp());
    }
}
