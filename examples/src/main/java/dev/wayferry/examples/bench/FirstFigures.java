package dev.wayferry.examples.bench;

import dev.wayferry.examples.bench.backend.BackEnd;
import dev.wayferry.examples.bench.backend.Running;
import dev.wayferry.examples.bench.compositor.Arrivals;
import dev.wayferry.examples.bench.guest.Guest;
import dev.wayferry.examples.bench.workload.Firsts;
import dev.wayferry.examples.bench.workload.Subject;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** What can be measured once a process only, so that each figure takes a start of its own; back-ends alternate. */
public final class FirstFigures {
    public static final String FRAME = "first-frame";
    public static final String MESSAGE = "first-message";

    private static final String STEADY = "sync";
    private static final int GUEST_COMES_AFTER_MILLIS = 1000;

    private final List<BackEnd> backEnds;
    private final Path folder;
    private final Path wayland;
    private final Arrivals arrivals;
    private final Consumer<String> progress;

    /** Something that a guest does; microseconds. */
    @FunctionalInterface
    private interface Measurement {
        double micros(BackEnd backEnd, String name) throws IOException;
    }

    /**
     * For all these back-ends.
     *
     * @param folder for sockets and logs
     * @param wayland the compositor's socket
     * @param progress is told what is being done
     */
    FirstFigures(
            List<BackEnd> backEnds, Path folder, Path wayland, Arrivals arrivals, Consumer<String> progress) {
        this.backEnds = List.copyOf(backEnds);
        this.folder = folder;
        this.wayland = wayland;
        this.arrivals = arrivals;
        this.progress = progress;
    }

    /** From the start of the process to the first frame at the compositor, by a guest that comes as soon as it listens. */
    public List<Row> frame(int starts) throws IOException {
        return measure(FRAME, starts, _ -> "", (backEnd, name) -> {
            long start = System.nanoTime();
            try (Running process = backEnd.start(folder, name, wayland);
                    Guest guest = backEnd.connect(process.socket())) {
                return (Firsts.frame(subject(backEnd, process, guest)) - start) / 1e3;
            }
        });
    }

    /**
     * The first sync of a guest that comes a second after the process listens, from when its connection's setting up was
     * answered.
     *
     * @param steady by back-end, the microseconds of a sync when all is warm, as far as they are known
     */
    public List<Row> message(int starts, Map<String, Double> steady) throws IOException {
        Map<String, List<Double>> warm = new HashMap<>();
        return measure(MESSAGE, starts, name -> compare(steady.get(name), warm.getOrDefault(name, List.of())), (backEnd, name) -> {
            try (Running process = backEnd.start(folder, name, wayland)) {
                sleep();
                try (Guest guest = backEnd.connect(process.socket())) {
                    Firsts.FirstRoundTrip first = Firsts.message(subject(backEnd, process, guest));
                    warm.computeIfAbsent(backEnd.name(), _ -> new ArrayList<>()).add(first.warmNanos() / 1e3);
                    return first.nanos() / 1e3;
                }
            }
        });
    }

    private static String compare(@Nullable Double steady, List<Double> warm) {
        String busy = steady == null ? "" : String.format(Locale.ROOT, "; a warm sync of many in a row takes %.1f us", steady);
        return busy + (warm.isEmpty() ? "" : String.format(
                Locale.ROOT, "; a warm one after as long a quiet %.1f us", Summary.median(values(warm))));
    }

    /** What {@link #message} is to be compared with, as far as it was measured. */
    static Map<String, Double> steady(List<Row> rows) {
        Map<String, Double> steady = new HashMap<>();
        for (Row row : rows) {
            Double micros = row.p50Us();
            if (row.workload().equals(STEADY) && micros != null) {
                steady.put(row.backend(), micros);
            }
        }
        return steady;
    }

    private Subject subject(BackEnd backEnd, Running process, Guest guest) {
        return new Subject(backEnd, process, guest, folder, wayland, arrivals);
    }

    private static void sleep() throws IOException {
        try {
            Thread.sleep(GUEST_COMES_AFTER_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted between a start and its guest", e);
        }
    }

    private List<Row> measure(String workload, int starts, UnaryOperator<String> compared, Measurement measurement)
            throws IOException {
        Map<String, List<Double>> micros = new HashMap<>();
        Map<String, String> failures = new HashMap<>();
        for (int i = 1; i <= starts; i++) {
            progress.accept(workload + ", start " + i + " of " + starts);
            for (BackEnd backEnd : backEnds) {
                String name = backEnd.name();
                if (failures.containsKey(name)) {
                    continue;
                }
                try {
                    micros.computeIfAbsent(name, _ -> new ArrayList<>())
                            .add(measurement.micros(backEnd, name + "-" + workload + "-" + i));
                } catch (IOException e) {
                    failures.put(name, String.valueOf(e.getMessage()));
                }
            }
        }
        List<Row> rows = new ArrayList<>();
        for (BackEnd backEnd : backEnds) {
            String name = backEnd.name();
            String failure = failures.get(name);
            rows.add(failure == null
                    ? row(workload, name, micros.getOrDefault(name, List.of()), compared.apply(name))
                    : Summary.failed(workload, name, failure));
        }
        return rows;
    }

    private static double[] values(List<Double> micros) {
        return micros.stream().mapToDouble(Double::doubleValue).toArray();
    }

    private static Row row(String workload, String name, List<Double> micros, String compared) {
        double[] values = values(micros);
        double median = Summary.median(values);
        String note = values.length + " starts" + compared;
        return new Row(
                workload, name, median, null, null, null, Arrays.stream(values).max().orElseThrow(), null, null, null, null,
                null, null, null, List.of(), note);
    }
}
