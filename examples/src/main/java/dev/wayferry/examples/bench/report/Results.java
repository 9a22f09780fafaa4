package dev.wayferry.examples.bench.report;

import com.google.gson.FieldNamingPolicy;
import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import dev.wayferry.examples.bench.EmptyJvm;
import dev.wayferry.examples.bench.Row;
import dev.wayferry.examples.bench.workload.Workloads;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Everything of one run: {@code bench.json} as an object. */
public record Results(Machine machine, List<Row> rows) {
    /** What others are compared to. */
    static final String FLOOR = "floor";

    /** What a process does for nobody is compared to what an empty JVM does. */
    private static final List<String> FOR_NOBODY = List.of(Workloads.IDLE, Workloads.START);

    /** Names with underscores, and null where there is no figure; a figure that is no number is an error. */
    private static final Gson GSON = new GsonBuilder()
            .setFieldNamingPolicy(FieldNamingPolicy.LOWER_CASE_WITH_UNDERSCORES)
            .serializeNulls()
            .setPrettyPrinting()
            .create();

    /** Writes {@code bench.json} and {@code bench.html} into {@code folder}, which it makes. */
    public void write(Path folder) throws IOException {
        Files.createDirectories(folder);
        Path json = Files.writeString(folder.resolve("bench.json"), json());
        Path unused = Files.writeString(json.resolveSibling("bench.html"), HtmlReport.of(this));
    }

    /** {@code {"machine":{…},"rows":[…]}}; each row has its ratios too, which are not made of its figures, see {@link Figure}. */
    public String json() {
        JsonObject tree = GSON.toJsonTree(this).getAsJsonObject();
        JsonArray told = tree.getAsJsonArray("rows");
        for (int i = 0; i < rows.size(); i++) {
            Row row = rows.get(i);
            JsonObject of = told.get(i).getAsJsonObject();
            for (Figure figure : Figure.values()) {
                of.addProperty(figure.ratioKey(), figure.ratio(row, reference(row)));
            }
        }
        return GSON.toJson(tree) + "\n";
    }

    /** What {@link #json} made. */
    public static Results parse(String json) {
        return Objects.requireNonNull(GSON.fromJson(json, Results.class), "no results");
    }

    Optional<Row> row(String workload, String backend) {
        return rows.stream()
                .filter(row -> row.workload().equals(workload) && row.backend().equals(backend))
                .findFirst();
    }

    /**
     * What a row is compared to: the floor's of the same workload, an empty JVM's of what is done for nobody, or the same
     * back-end's while nothing misbehaves. Null for these themselves.
     */
    @Nullable Row reference(Row row) {
        if (row.workload().startsWith(Workloads.BESIDE)) {
            return row.workload().equals(Workloads.BESIDE_NOBODY)
                    ? null
                    : row(Workloads.BESIDE_NOBODY, row.backend()).orElse(null);
        }
        String name = FOR_NOBODY.contains(row.workload()) ? EmptyJvm.NAME : FLOOR;
        return row.backend().equals(name) ? null : row(row.workload(), name).orElse(null);
    }

    /** How many times as much; null if one of both is not there or there is nothing to compare to. */
    static @Nullable Double ratio(@Nullable Double figure, @Nullable Double reference) {
        return figure == null || reference == null || reference == 0 ? null : figure / reference;
    }
}
