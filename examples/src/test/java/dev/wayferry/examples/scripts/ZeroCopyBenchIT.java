package dev.wayferry.examples.scripts;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code examples/zero-copy-bench/run}, run as a user runs it, with as little work as can be. */
final class ZeroCopyBenchIT {
    private static final String SCRIPT = "examples/zero-copy-bench/run";

    /** The host process as anybody's back-end, of which nothing is known but how to start it. */
    private static final String FOREIGN = "other=" + ExampleScript.checkout().resolve("proxy/bin/wayferry")
            + " serve --socket-path={socket} --wayland-display={wayland}";

    private static final List<String> KEYS = List.of(
            "workload", "backend", "p50_us", "p90_us", "p99_us", "p999_us", "max_us", "ops_per_s", "cpu_us_per_op",
            "syscalls_per_op", "bytes_copied_per_op", "alloc_bytes_per_op", "late_frames", "rss_kb");

    @TempDir
    Path folder;

    private ExampleScript bench(String... arguments) {
        List<String> all = new ArrayList<>(List.of("--no-build", "--quick", "--rounds", "1", "--out", out().toString()));
        all.addAll(List.of(arguments));
        return ExampleScript.of(folder, SCRIPT, all.toArray(String[]::new)).within(Duration.ofMinutes(5));
    }

    private Path out() {
        return folder.resolve("results");
    }

    @Test
    void measuresAnyBackEndBesideTheFloorAndTellsProgramsAndPeople() throws Exception {
        ExampleScript.Result result = bench(
                        "--workload=sync", "--workload", "stream-to-guest-10k", "--backend=wayferry", "--backend", FOREIGN)
                .run()
                .expect(0);

        JsonObject json = JsonParser.parseString(Files.readString(out().resolve("bench.json"))).getAsJsonObject();
        assertEquals(Set.of("machine", "rows"), json.keySet());
        List<String> measured = new ArrayList<>();
        for (JsonElement each : json.getAsJsonArray("rows")) {
            JsonObject row = each.getAsJsonObject();
            String backEnd = row.get("backend").getAsString();
            measured.add(row.get("workload").getAsString() + " of " + backEnd);
            assertEquals(KEYS, row.keySet().stream().limit(KEYS.size()).toList());
            for (String figure : List.of("p50_us", "p999_us", "ops_per_s", "cpu_us_per_op", "rss_kb")) {
                assertTrue(row.get(figure).getAsDouble() > 0, figure + " in " + row);
            }
            assertTrue(row.get("late_frames").isJsonNull());
            for (String figure : List.of("bytes_copied_per_op", "alloc_bytes_per_op")) {
                assertEquals(!backEnd.equals("wayferry"), row.get(figure).isJsonNull(), figure + " in " + row);
            }
            assertEquals(backEnd.equals("floor"), row.get("p50_ratio").isJsonNull());
        }
        assertEquals(
                List.of(
                        "sync of wayferry", "sync of other", "sync of floor", "stream-to-guest-10k of wayferry",
                        "stream-to-guest-10k of other", "stream-to-guest-10k of floor"),
                measured);

        String page = Files.readString(out().resolve("bench.html"));
        assertTrue(page.contains("<td>stream-to-guest-10k</td>"));
        assertFalse(page.contains(" src=") || page.contains("<link"), "it needs nothing but itself");
        assertTrue(result.output().contains("stream-to-guest-10k"), result.output());
        assertTrue(result.output().contains("the results are " + out().resolve("bench.json")), result.output());
        assertNothingIsLeft();
    }

    @Test
    void saysWhyAModeIsRefusedOrMeasuresIt() throws Exception {
        bench("--workload=sync", "--backend=wayferry-busy-poll", "--no-floor").run().expect(0);

        JsonElement only = JsonParser.parseString(Files.readString(out().resolve("bench.json")))
                .getAsJsonObject()
                .getAsJsonArray("rows")
                .asList()
                .getFirst();
        JsonObject row = only.getAsJsonObject();
        assertEquals("wayferry-busy-poll", row.get("backend").getAsString());
        if (row.get("p50_us").isJsonNull()) {
            String why = row.get("note").getAsString();
            assertTrue(why.startsWith("refused: --busy-poll=50: this process may use"), why);
        }
        assertNothingIsLeft();
    }

    @Test
    void failsWithTheLogOfABackEndThatDiesAtOnce() throws Exception {
        ExampleScript.Result result = bench(
                        "--workload=queue", "--backend", "dead=sh -c 'echo no such option >&2; exit 3' {socket}")
                .run()
                .expect(1);

        assertTrue(result.output().contains("ended with 3 before it listened:\nno such option"), result.output());
        assertEquals(List.of(), ExampleScript.processesOf(folder));
    }

    @Test
    void namesItsWrongUse() throws Exception {
        assertIsWrong("no workload is called nothing", "--workload=nothing");
        assertIsWrong("'other=prog' is not NAME=COMMAND with {socket}", "--backend=other=prog");
        assertIsWrong("rounds and minutes are 1 at least", "--soak=0");
        assertIsWrong("unknown option --fast", "--fast");
    }

    private void assertIsWrong(String said, String argument) throws Exception {
        ExampleScript.Result result = bench(argument).run().expect(2);
        assertTrue(result.output().contains(said), result.output());
        assertFalse(Files.exists(out().resolve("bench.json")));
    }

    private void assertNothingIsLeft() throws Exception {
        assertEquals(List.of(), ExampleScript.processesOf(folder));
        assertEquals(List.of(out()), ExampleScript.leftIn(folder));
    }
}
