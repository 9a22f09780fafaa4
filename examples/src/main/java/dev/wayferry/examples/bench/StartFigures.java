package dev.wayferry.examples.bench;

import dev.wayferry.examples.host.WayferryProcess;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;

/**
 * How long {@code wayferry serve} takes from its start to its socket being ready, beside a JVM with the same options that
 * takes from its start to the first statement of its {@code main}; the launcher's shell is part of the former.
 */
public final class StartFigures {
    private static final String WORKLOAD = "start";
    private static final String WAYFERRY = "wayferry";

    private StartFigures() {}

    /**
     * Starts one and then the other, {@code starts} times each, after once without looking at the clock.
     *
     * @param folder for sockets, logs and a class
     * @return the row {@code start} of {@code wayferry} and that of {@code empty-jvm}
     */
    public static List<Row> measure(int starts, Path folder, Consumer<String> progress) throws IOException {
        List<Double> served = new ArrayList<>();
        List<Double> empty = new ArrayList<>();
        for (int i = 0; i <= starts; i++) {
            progress.accept("start, " + i + " of " + starts);
            List<String> options;
            long start = System.nanoTime();
            try (WayferryProcess process = WayferryProcess.in(folder).vmName("start-" + i).start()) {
                if (i > 0) {
                    served.add((System.nanoTime() - start) / 1e3);
                }
                options = EmptyJvm.optionsOf(process.pid());
            }
            Path unused = EmptyJvm.prepare(folder);
            start = System.nanoTime();
            try (EmptyJvm jvm = EmptyJvm.start(options, folder)) {
                if (i > 0) {
                    empty.add((System.nanoTime() - start) / 1e3);
                }
            }
        }
        String note = starts + " starts";
        return List.of(row(WAYFERRY, served, note), row(EmptyJvm.NAME, empty, note));
    }

    private static Row row(String backend, List<Double> micros, String note) {
        double[] values = micros.stream().mapToDouble(Double::doubleValue).toArray();
        double most = Arrays.stream(values).max().orElseThrow();
        return new Row(
                WORKLOAD, backend, Summary.median(values), null, null, null, most, null, null, null, null, null,
                null, null, List.of(), note);
    }
}
