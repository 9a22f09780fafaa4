package dev.wayferry.examples.bench.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ResultsTest {
    private static final Pattern REFERENCE = Pattern.compile(
            "(?:src|href|srcset|action)\\s*=\\s*[\"']?\\s*(?:https?:)?//|url\\(\\s*[\"']?\\s*(?:https?:)?//"
                    + "|@import|<link|<iframe",
            Pattern.CASE_INSENSITIVE);

    @TempDir
    Path folder;

    @Test
    void theJsonHasEachFigureByItsNameAndNullWhereThereIsNone() {
        Results results = SampleResults.of(SampleResults.costs("sync", "wayferry", 6.1, 0, 0));
        JsonObject json = JsonParser.parseString(results.json()).getAsJsonObject();
        assertEquals(List.of("machine", "rows"), List.copyOf(json.keySet()));
        JsonObject row = json.getAsJsonArray("rows").get(0).getAsJsonObject();
        assertEquals(
                List.of(
                        "workload", "backend", "p50_us", "p90_us", "p99_us", "p999_us", "max_us", "ops_per_s",
                        "cpu_us_per_op", "syscalls_per_op", "bytes_copied_per_op", "alloc_bytes_per_op", "late_frames",
                        "rss_kb", "curve", "rounds", "note", "p50_ratio", "p99_ratio", "ops_ratio"),
                List.copyOf(row.keySet()));
        assertEquals("sync", row.get("workload").getAsString());
        assertEquals("wayferry", row.get("backend").getAsString());
        assertEquals(
                List.of(10.0, 12.0, 20.0, 40.0, 100.0, 1e5, 3.25, 6.1, 0.0, 0.0),
                row.entrySet().stream().skip(2).limit(10).map(each -> each.getValue().getAsDouble()).toList());
        assertTrue(row.get("late_frames").isJsonNull());
        assertEquals(50_000, row.get("rss_kb").getAsLong());
        assertTrue(row.get("note").isJsonNull());
        assertTrue(row.get("p50_ratio").isJsonNull(), "there is nothing to compare with");
    }

    @Test
    void theJsonTellsOfTheMachine() throws Exception {
        List<String> arguments = List.of("--out", System.getProperty("user.home") + "/results");
        Results here = new Results(Machine.here("one CPU for all", arguments, "perf", 7), List.of());
        JsonObject machine = JsonParser.parseString(here.json()).getAsJsonObject().getAsJsonObject("machine");
        assertEquals(
                List.of(
                        "cpu", "cpus", "placement", "memory_mb", "kernel", "virtualised", "governor", "jdk", "jvm_flags",
                        "commit", "date", "command_line", "system_calls_by", "seed"),
                List.copyOf(machine.keySet()));
        assertFalse(machine.get("cpu").getAsString().isBlank());
        assertTrue(machine.get("cpus").getAsInt() > 0);
        assertTrue(machine.get("memory_mb").getAsLong() > 0);
        assertEquals("--out ~/results", machine.get("command_line").getAsString());
        assertEquals(7, machine.get("seed").getAsLong());
    }

    @Test
    void theMachineDoesNotTellWhoseItIs() {
        assertEquals("-cp ~/a.jar:~/b.jar", Machine.anonymous("-cp /home/someone/a.jar:/home/other/b.jar"));
        assertEquals("--out=$XDG_RUNTIME_DIR/out", Machine.anonymous("--out=/run/user/1000/out"));
    }

    @Test
    void theJsonIsReadBackAsItWas() {
        Results results = SampleResults.whole();
        assertEquals(results, Results.parse(results.json()));
    }

    @Test
    void refusesAFigureThatIsNoNumber() {
        Results results = SampleResults.of(SampleResults.costs("sync", "wayferry", Double.NaN, 0, 0));
        assertThrows(IllegalArgumentException.class, results::json);
    }

    @Test
    void thePageHasEachRowAndNeedsNothingElse() throws Exception {
        Results results = SampleResults.whole();
        results.write(folder.resolve("made"));
        assertEquals(results, Results.parse(Files.readString(folder.resolve("made/bench.json"))));
        String page = Files.readString(folder.resolve("made/bench.html"));
        String table = page.substring(page.indexOf("<table class=\"rows\">"), page.indexOf("<ul class=\"notes\">"));
        List<String> rows = Stream.of(table.split("<tr")).skip(2).toList();
        assertEquals(results.rows().size(), rows.size());
        for (int i = 0; i < rows.size(); i++) {
            assertTrue(rows.get(i).contains("<td>" + results.rows().get(i).workload() + "</td>"), rows.get(i));
            String backend = HtmlReport.escape(results.rows().get(i).backend());
            assertTrue(rows.get(i).contains("<td>" + backend + "</td>"), rows.get(i));
        }
        assertFalse(page.contains("another <one>"), "names are no HTML");
        assertFalse(page.contains("{{"), "a place that was not filled");
        assertFalse(REFERENCE.matcher(page).find());
        assertFalse(page.contains("sourceMappingURL"));
        assertTrue(page.contains("Permission is hereby granted"), "the licence of what is inlined");
    }

    @Test
    void thePagesScriptsHaveTheSameResults() throws Exception {
        Results results = SampleResults.whole();
        String page = HtmlReport.of(results);
        String start = "<script type=\"application/json\" id=\"results\">";
        int from = page.indexOf(start) + start.length();
        JsonElement inPage = JsonParser.parseString(page.substring(from, page.indexOf("</script>", from)));
        assertEquals(JsonParser.parseString(results.json()), inPage);
    }
}
