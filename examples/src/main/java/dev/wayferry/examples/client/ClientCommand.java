package dev.wayferry.examples.client;

import dev.wayferry.examples.wayland.DisplayName;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code client}: shows a window of one colour. */
@Command(
        name = "client",
        description = "Shows a window of one colour, over whose lower edge a small bar moves.",
        mixinStandardHelpOptions = true)
public final class ClientCommand implements Callable<Integer> {
    private static final double NANOS_PER_SECOND = 1e9;
    private static final long SECOND_NANOS = 1_000_000_000L;
    private static final int MAX_SIDE = 16_384;

    @Option(names = "--display", paramLabel = "NAME|PATH", description = "Default: as libwayland finds it.")
    private @Nullable String display;

    @Option(names = "--color", paramLabel = "RRGGBB", description = "Default: ${DEFAULT-VALUE}.", defaultValue = "3b82f6")
    private String color = "";

    @Option(names = "--width", description = "Pixels. Default: ${DEFAULT-VALUE}.", defaultValue = "320")
    private int width;

    @Option(names = "--height", description = "Pixels. Default: ${DEFAULT-VALUE}.", defaultValue = "240")
    private int height;

    @Option(names = "--seconds", description = "Ends after so long. Default: ${DEFAULT-VALUE}.", defaultValue = "10")
    private double seconds;

    @Option(
            names = "--frames",
            description = "Ends after so many frames, and fails when --seconds are over before. Default: any number.")
    private @Nullable Long frames;

    @Option(
            names = "--report",
            description = "Print each second how many frames there were, and the longest time between two.")
    private boolean report;

    @Option(names = "--title", description = "Default: ${DEFAULT-VALUE}.", defaultValue = "Wayferry client")
    private String title = "";

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Override
    public Integer call() {
        int rgb = parseColor();
        if (width < 1 || height < 1 || width > MAX_SIDE || height > MAX_SIDE) {
            throw new ParameterException(spec.commandLine(), "a window of " + width + "x" + height);
        }
        long deadline = System.nanoTime() + (long) (seconds * NANOS_PER_SECOND);
        try {
            Path socket = DisplayName.resolve(display);
            try (ClientConnection connection = ClientConnection.connect(socket);
                    AnimatedWindow window = new AnimatedWindow(connection, rgb, width, height, title)) {
                run(window, frames == null ? Long.MAX_VALUE : frames, deadline);
                if (frames != null && window.frames() < frames) {
                    return fail(window.frames() + " of " + frames + " frames within " + seconds + " s");
                }
                System.out.println("client: " + window.frames() + " frames");
                return 0;
            }
        } catch (IOException | IllegalStateException e) {
            return fail(String.valueOf(e.getMessage()));
        }
    }

    private void run(AnimatedWindow window, long frameCount, long deadline) throws IOException {
        long next = System.nanoTime();
        do {
            next += SECOND_NANOS;
            window.run(frameCount, report && next - deadline < 0 ? next : deadline);
            if (report) {
                System.out.println("client: " + window.report());
            }
        } while (window.frames() < frameCount && !window.isCloseAsked() && deadline - System.nanoTime() > 0);
    }

    private static int fail(String why) {
        System.err.println("client: " + why);
        return 1;
    }

    private int parseColor() {
        try {
            if (color.length() == 6) {
                return Integer.parseInt(color, 16);
            }
        } catch (NumberFormatException e) {
            // Said below.
        }
        throw new ParameterException(spec.commandLine(), "--color wants RRGGBB, not " + color);
    }
}
