package dev.wayferry.examples.guestproxy;

import dev.wayferry.examples.loopback.LoopbackGpu;
import dev.wayferry.examples.virtgpu.VirtGpuDevice;
import dev.wayferry.examples.wayland.DisplayName;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code guest-proxy}: runs until it is ended by a signal. */
@Command(
        name = "guest-proxy",
        mixinStandardHelpOptions = true,
        description = "Gives a guest's programs a Wayland display, which is the host's.")
public final class GuestProxyCommand implements Callable<Integer> {
    @Option(
            names = "--display",
            paramLabel = "NAME|PATH",
            required = true,
            description = "Where programs connect: a path, or a name below XDG_RUNTIME_DIR.")
    private String display = "";

    @Option(
            names = "--loopback",
            paramLabel = "PATH",
            description = "Be a guest without a VM, of the host process that listens at this socket.")
    private @Nullable Path loopback;

    @Option(
            names = "--hide",
            paramLabel = "INTERFACE",
            split = ",",
            description = "Globals that programs are not shown, besides those that cannot work from a guest.")
    private List<String> hidden = List.of();

    @Override
    public Integer call() throws IOException, InterruptedException {
        Set<String> hiddenGlobals = new LinkedHashSet<>(GuestProxy.DEFAULT_HIDDEN_GLOBALS);
        hiddenGlobals.addAll(hidden);
        try (VirtGpuDevice device = openDevice();
                GuestProxy proxy = GuestProxy.start(device, DisplayName.resolve(display), hiddenGlobals)) {
            CountDownLatch end = new CountDownLatch(1);
            Thread main = Thread.currentThread();
            Runtime.getRuntime().addShutdownHook(new Thread(() -> {
                end.countDown();
                join(main);
            }));
            end.await();
            return 0;
        }
    }

    private VirtGpuDevice openDevice() throws IOException {
        if (loopback == null) {
            throw new IOException("no GPU");
        }
        return LoopbackGpu.connect(loopback);
    }

    private static void join(Thread thread) {
        try {
            thread.join(5000);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
