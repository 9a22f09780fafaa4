package dev.wayferry.examples.guestproxy;

import dev.wayferry.examples.drm.DrmGpu;
import dev.wayferry.examples.loopback.LoopbackGpu;
import dev.wayferry.examples.loopback.NodeGpu;
import dev.wayferry.examples.virtgpu.VirtGpuDevice;
import dev.wayferry.examples.wayland.DisplayName;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code guest-proxy}: runs until it is ended by a signal, or until its GPU is gone. */
@Command(
        name = "guest-proxy",
        exitCodeListHeading = "Exit codes:%n",
        exitCodeList = {
            "0:Ended by a signal, where the system has no code of its own for that.",
            "1:There is no such GPU, it offers no Wayland, or it is gone."
        },
        mixinStandardHelpOptions = true,
        description = "Gives a guest's programs a Wayland display, which is the host's.")
public final class GuestProxyCommand implements Callable<Integer> {
    private static final int LAST_WORDS_SECONDS = 5;
    private static final String AUTO = "auto";

    @Option(
            names = "--display",
            paramLabel = "NAME|PATH",
            required = true,
            description = "Where programs connect: a path, or a name below XDG_RUNTIME_DIR.")
    private String display = "";

    @Option(
            names = "--node",
            paramLabel = "auto|PATH",
            description = "The GPU's render node (default: the first of driver virtio_gpu).")
    private String node = AUTO;

    @Option(
            names = "--loopback",
            paramLabel = "PATH",
            description = "Instead of a render node: be a guest without a VM, of the host process that listens at this"
                    + " socket.")
    private @Nullable Path loopback;

    @Option(
            names = "--guest",
            paramLabel = "PATH",
            description = "Instead of a render node: be a program of the guest without a VM whose node this is.")
    private @Nullable Path guest;

    @Option(
            names = "--hide",
            paramLabel = "INTERFACE",
            split = ",",
            description = "Globals that programs are not shown, besides those that cannot work from a guest.")
    private List<String> hidden = List.of();

    @Override
    public Integer call() throws InterruptedException {
        Set<String> hiddenGlobals = new LinkedHashSet<>(GuestProxy.DEFAULT_HIDDEN_GLOBALS);
        hiddenGlobals.addAll(hidden);
        CountDownLatch end = new CountDownLatch(1);
        CountDownLatch done = new CountDownLatch(1);
        try (VirtGpuDevice device = openDevice(end);
                GuestProxy proxy = GuestProxy.start(device, DisplayName.resolve(display), hiddenGlobals)) {
            // A signal ends the virtual machine as soon as its hooks are through: this one waits for what is closed.
            Runtime.getRuntime().addShutdownHook(new Thread(() -> {
                end.countDown();
                awaitEnd(done);
            }));
            end.await();
            return gone(device);
        } catch (IOException | IllegalStateException e) {
            System.err.println("guest-proxy: " + e.getMessage());
            return 1;
        } finally {
            done.countDown();
        }
    }

    private VirtGpuDevice openDevice(CountDownLatch end) throws IOException {
        if (guest != null) {
            return NodeGpu.open(guest, end::countDown);
        }
        if (loopback == null) {
            return node.equals(AUTO) ? DrmGpu.open() : DrmGpu.open(Path.of(node));
        }
        LoopbackGpu device = LoopbackGpu.connect(loopback);
        device.whenGone(end::countDown);
        return device;
    }

    /** The exit status: that of an end by a signal, unless the host process has gone. */
    private static int gone(VirtGpuDevice device) {
        IOException failure = device instanceof LoopbackGpu guest ? guest.vmm().failure() : null;
        if (failure == null) {
            return 0;
        }
        System.err.println("guest-proxy: the GPU is gone: " + failure.getMessage());
        return 1;
    }

    private static void awaitEnd(CountDownLatch done) {
        try {
            done.await(LAST_WORDS_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
