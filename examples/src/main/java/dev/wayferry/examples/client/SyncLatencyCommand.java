package dev.wayferry.examples.client;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.wayferry.examples.wayland.DisplayName;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.util.concurrent.Callable;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code sync-latency}: measures round trips. */
@Command(
        name = "sync-latency",
        description = "Measures how long wl_display.sync takes to come back.",
        mixinStandardHelpOptions = true)
public final class SyncLatencyCommand implements Callable<Integer> {
    private static final int MAX_CLIENTS = 1_000;

    @Option(names = "--display", paramLabel = "NAME|PATH", description = "Default: as libwayland finds it.")
    private @Nullable String display;

    @Option(
            names = "--count",
            description = "Round trips of each client. Default: ${DEFAULT-VALUE}.",
            defaultValue = "1000")
    private int count;

    @Option(names = "--clients", description = "So many at once. Default: ${DEFAULT-VALUE}.", defaultValue = "1")
    private int clients;

    @Option(
            names = "--each-line",
            description = "Measure anew, by the same connections, for each line of standard input. What comes out is a line"
                    + " of round trips a second, and p50, p90, p99 and maximum in microseconds.")
    private boolean eachLine;

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Override
    public Integer call() {
        if (count < 1 || clients < 1 || clients > MAX_CLIENTS) {
            throw new ParameterException(spec.commandLine(), count + " round trips of " + clients + " clients");
        }
        try (SyncClients measuring = new SyncClients(DisplayName.resolve(display), clients)) {
            if (eachLine) {
                measureEachLine(measuring);
            } else {
                System.out.println(SyncLatency.describe(measuring.measure(count)));
            }
            return 0;
        } catch (IOException | IllegalStateException e) {
            System.err.println("sync-latency: " + e.getMessage());
            return 1;
        }
    }

    private void measureEachLine(SyncClients measuring) throws IOException {
        var lines = new BufferedReader(new InputStreamReader(System.in, UTF_8));
        while (lines.readLine() != null) {
            long start = System.nanoTime();
            Histogram histogram = measuring.measure(count);
            System.out.println(SyncLatency.figures(histogram, System.nanoTime() - start));
        }
    }
}
