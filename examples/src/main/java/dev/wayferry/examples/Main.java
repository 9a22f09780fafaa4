package dev.wayferry.examples;

import dev.wayferry.examples.bench.BenchCommand;
import dev.wayferry.examples.client.ClientCommand;
import dev.wayferry.examples.client.SyncLatencyCommand;
import dev.wayferry.examples.compositor.CompositorCommand;
import dev.wayferry.examples.guestproxy.GuestProxyCommand;
import dev.wayferry.examples.loopback.GuestCommand;
import dev.wayferry.examples.picture.CheckPictureCommand;
import dev.wayferry.examples.soak.SoakCommand;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** {@code java -jar wayferry-examples.jar SUBCOMMAND}: everything here that runs by itself. */
@Command(
        name = "wayferry-examples",
        description = "The programs that the examples are made of.",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {
            ClientCommand.class,
            SyncLatencyCommand.class,
            CompositorCommand.class,
            CheckPictureCommand.class,
            GuestProxyCommand.class,
            GuestCommand.class,
            BenchCommand.class,
            SoakCommand.class,
        })
public final class Main {
    private Main() {}

    /** Runs the subcommand and exits with its status: 2 for a wrong command line, else what its help says. */
    public static void main(String[] args) {
        System.exit(new CommandLine(new Main()).execute(args));
    }
}
