package dev.wayferry.examples.soak;

import dev.wayferry.examples.host.WayferryProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** All the processes between a program in a guest and the compositor. */
final class Desk implements AutoCloseable {
    final Part compositor;
    /** VMM and guest kernel. */
    final Part vmm;
    final Part guestProxy;
    final Part client;
    /** Another one, which ends when it has drawn. */
    final Part firstClient;
    final WayferryProcess host;

    /** Where the guest's programs connect. */
    final Path display;

    private Desk(Path folder, Path logs, List<String> jvmOptions) throws IOException, InterruptedException {
        Path wayland = folder.resolve("wayland-host");
        Path node = folder.resolve("node");
        display = folder.resolve("wayland-guest");
        compositor = new Part("compositor", logs, wayland, jvmOptions, "compositor", "--socket=" + wayland);
        compositor.begin();
        try {
            host = WayferryProcess.in(folder)
                    .vmName("soak")
                    .waylandDisplay(wayland.toString())
                    .start();
        } catch (IOException e) {
            compositor.close();
            throw e;
        }
        vmm = new Part("VMM", logs, node, jvmOptions, "guest", "--socket=" + host.socket(), "--node=" + node);
        guestProxy = new Part(
                "guest proxy", logs, display, jvmOptions, "guest-proxy", "--guest=" + node, "--display=" + display);
        client = new Part("client", logs, null, jvmOptions, "client", "--display=" + display, "--seconds=36000");
        firstClient = new Part(
                "first client", logs, null, jvmOptions, "client", "--display=" + display, "--seconds=60", "--frames=20");
        Runtime.getRuntime().addShutdownHook(new Thread(this::killAll));
    }

    /** Starts all but the client; {@code jvmOptions} are for those that are killed. */
    static Desk start(Path folder, List<String> jvmOptions) throws IOException, InterruptedException {
        Path logs = Files.createDirectories(folder.resolve("logs"));
        Desk desk = new Desk(folder, logs, jvmOptions);
        try {
            desk.compositor.awaitListening(new Limit());
            desk.vmm.start(new Limit());
            desk.guestProxy.start(new Limit());
            return desk;
        } catch (IOException | InterruptedException | RuntimeException e) {
            desk.killAll();
            throw e;
        }
    }

    private void killAll() {
        List.of(firstClient, client, guestProxy, vmm, compositor).forEach(Part::close);
        host.kill();
    }

    /** Ends all; the host process is asked to, and has to do so. */
    @Override
    public void close() throws IOException {
        List.of(firstClient, client, guestProxy, vmm, compositor).forEach(Part::close);
        if (host.isAlive()) {
            int status = host.stop();
            if (status != 0) {
                throw new IOException("the host process ends with " + status);
            }
        }
    }
}
