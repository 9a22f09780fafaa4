package dev.wayferry.examples.client;

import dev.wayferry.examples.wayland.DisplayName;
import java.io.IOException;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code sync-latency}: measures round trips. */
@Command(
        name = "sync-latency",
        description = "Measures how long wl_display.sync takes to come back.",
        mixinStandardHelpOptions = true)
public final class SyncLatencyCommand implements Callable<Integer> {
    @Option(names = "--display", paramLabel = "NAME|PATH", description = "Default: as libwayland finds it.")
    private @Nullable String display;

    @Option(names = "--count", description = "Round trips. Default: ${DEFAULT-VALUE}.", defaultValue = "1000")
    private int count;

    @Override
    public Integer call() {
        try (ClientConnection connection = ClientConnection.connect(DisplayName.resolve(display))) {
            System.out.println(SyncLatency.describe(SyncLatency.measure(connection, count)));
            return 0;
        } catch (IOException | IllegalStateException e) {
            System.err.println("sync-latency: " + e.getMessage());
            return 1;
        }
    }
}
