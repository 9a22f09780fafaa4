package dev.wayferry.examples.compositor;

import dev.wayferry.examples.picture.Png;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code compositor}: runs the embedded compositor as a program. */
@Command(
        name = "compositor",
        description = "Runs a headless Wayland compositor until it is told to end (SIGTERM, SIGINT).",
        mixinStandardHelpOptions = true)
public final class CompositorCommand implements Callable<Integer> {
    private static final long FOR_EVER = Long.MAX_VALUE;
    private static final String SCREENSHOT_ORDER = "screenshot ";

    @Option(names = "--socket", required = true, paramLabel = "PATH", description = "Where clients connect.")
    @SuppressWarnings("NullAway.Init")
    private Path socket;

    @Option(names = "--width", description = "Pixels. Default: ${DEFAULT-VALUE}.", defaultValue = "1024")
    private int width;

    @Option(names = "--height", description = "Pixels. Default: ${DEFAULT-VALUE}.", defaultValue = "768")
    private int height;

    @Option(names = "--screenshot-on-exit", paramLabel = "FILE", description = "A PNG of what is on screen at the end.")
    private @Nullable Path screenshot;

    @Option(
            names = "--orders",
            description = "Read orders from standard input, one a line: screenshot FILE writes a PNG of what is on"
                    + " screen; FILE is there once it is whole.")
    private boolean orders;

    @Option(names = "--seconds", description = "Ends after so long. Default: when told to.")
    private @Nullable Long seconds;

    @Override
    public Integer call() throws InterruptedException {
        EmbeddedCompositor compositor;
        try {
            compositor = EmbeddedCompositor.start(socket, width, height);
        } catch (IOException e) {
            System.err.println("compositor: " + e.getMessage());
            return 1;
        }
        var told = new CountDownLatch(1);
        var done = new CountDownLatch(1);
        // A signal ends the virtual machine as soon as its hooks are through: this one waits for the screenshot.
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            told.countDown();
            awaitQuietly(done);
        }));
        if (orders) {
            Thread.ofPlatform().daemon().name("orders").start(() -> follow(compositor));
        }
        System.out.println("compositor: listening on " + compositor.socket());
        try {
            boolean signalled = told.await(seconds == null ? FOR_EVER : seconds, TimeUnit.SECONDS);
            int status = finish(compositor);
            if (signalled) {
                // Not by returning: System.exit would wait for the hook, and the hook for this.
                done.countDown();
                Thread.sleep(FOR_EVER);
            }
            return status;
        } finally {
            done.countDown();
        }
    }

    private int finish(EmbeddedCompositor compositor) {
        try (compositor) {
            if (screenshot != null) {
                Png.write(compositor.screenshot(), screenshot);
            }
            return 0;
        } catch (IOException e) {
            System.err.println("compositor: the screenshot could not be written: " + e.getMessage());
            return 1;
        }
    }

    private static void follow(EmbeddedCompositor compositor) {
        try (var lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (line.startsWith(SCREENSHOT_ORDER)) {
                    writeScreenshot(compositor, Path.of(line.substring(SCREENSHOT_ORDER.length())));
                } else {
                    System.err.println("compositor: no such order: " + line);
                }
            }
        } catch (IOException e) {
            System.err.println("compositor: takes no more orders: " + e.getMessage());
        }
    }

    private static void writeScreenshot(EmbeddedCompositor compositor, Path file) {
        Path unfinished = Path.of(file + ".part");
        try {
            Png.write(compositor.screenshot(), unfinished);
            Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException | RuntimeException e) {
            System.err.println("compositor: no screenshot: " + e);
        }
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
