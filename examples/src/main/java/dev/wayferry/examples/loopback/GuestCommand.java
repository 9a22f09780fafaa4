package dev.wayferry.examples.loopback;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code guest}: a VMM and its guest's kernel as a process of their own. */
@Command(
        name = "guest",
        exitCodeListHeading = "Exit codes:%n",
        exitCodeList = {"0:Standard input has ended.", "1:The host process is gone, or an order failed."},
        mixinStandardHelpOptions = true,
        description = {
            "A guest without a VM, of which other processes are the programs: guest-proxy --guest=NODE, for one.",
            "Takes orders from standard input, one a line, and answers each by one: reboot resets the machine, whatever its"
                    + " programs are doing, and boots it anew; check tells what the host process did that would have hurt a"
                    + " VMM or a guest."
        })
public final class GuestCommand implements Callable<Integer> {
    @Option(names = "--socket", required = true, paramLabel = "PATH", description = "Where the host process listens.")
    @SuppressWarnings("NullAway.Init")
    private Path socket;

    @Option(names = "--node", required = true, paramLabel = "PATH", description = "Where programs open the GPU.")
    @SuppressWarnings("NullAway.Init")
    private Path node;

    @Override
    public Integer call() {
        try (LoopbackVmm vmm = LoopbackVmm.connect(socket);
                var orders = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
            LoopbackGpu guest = LoopbackGpu.boot(vmm, new GuestOptions());
            NodeServer server = NodeServer.start(node, guest);
            for (String order = orders.readLine(); order != null; order = orders.readLine()) {
                switch (order) {
                    case "reboot" -> {
                        vmm.reset();
                        server.shutDown();
                        guest.close();
                        guest = LoopbackGpu.boot(vmm, new GuestOptions());
                        server.boot(guest);
                        System.out.println("rebooted");
                    }
                    case "check" -> System.out.println("violations: " + vmm.violations());
                    default -> throw new IOException("no such order: " + order);
                }
            }
            return 0;
        } catch (IOException e) {
            System.err.println("guest: " + e.getMessage());
            return 1;
        }
    }
}
