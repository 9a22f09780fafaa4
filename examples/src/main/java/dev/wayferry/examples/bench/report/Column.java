package dev.wayferry.examples.bench.report;

import dev.wayferry.examples.bench.Row;
import java.util.Arrays;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The tables' columns, for all kinds of them. */
enum Column {
    WORKLOAD("workload", (results, row) -> row.workload()),
    BACKEND("back-end", (results, row) -> row.backend()),
    P50("p50 us", figure(Row::p50Us)),
    P50_RATIO("", ratio(Figure.P50)),
    P90("p90 us", figure(Row::p90Us)),
    P99("p99 us", figure(Row::p99Us)),
    P99_RATIO("", ratio(Figure.P99)),
    P999("p99.9 us", figure(Row::p999Us)),
    MAX("max us", figure(Row::maxUs)),
    RATE("ops/s", figure(Row::opsPerS)),
    RATE_RATIO("", ratio(Figure.RATE)),
    CPU("CPU us/op", figure(Row::cpuUsPerOp)),
    CALLS("calls/op", figure(Row::syscallsPerOp)),
    COPIED("copied B/op", figure(Row::bytesCopiedPerOp)),
    ALLOCATED("alloc B/op", figure(Row::allocBytesPerOp)),
    LATE("late", figure(Row::lateFrames)),
    MEMORY("RSS MB", figure(row -> Figures.megabytes(row.rssKb())));

    private final String title;
    private final BiFunction<Results, Row, String> cell;

    Column(String title, BiFunction<Results, Row, String> cell) {
        this.title = title;
        this.cell = cell;
    }

    private static BiFunction<Results, Row, String> figure(Function<Row, ? extends @Nullable Number> figure) {
        return (results, row) -> Figures.of(figure.apply(row));
    }

    /** Beside what the row is compared to. */
    private static BiFunction<Results, Row, String> ratio(Figure figure) {
        return (results, row) -> Figures.times(figure.ratio(row, results.reference(row)));
    }

    static List<String> titles() {
        return Arrays.stream(values()).map(column -> column.title).toList();
    }

    static List<String> cells(Results results, Row row) {
        return Arrays.stream(values()).map(column -> column.cell.apply(results, row)).toList();
    }
}
