package dev.wayferry.examples.soak;

import dev.wayferry.examples.bench.report.Progress;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code soak}: what {@code examples/soak/run} does. */
@Command(
        name = "soak",
        description = "Kills what is around a host process, at random moments, and looks at what is left.",
        mixinStandardHelpOptions = true)
public final class SoakCommand implements Callable<Integer> {
    @Option(names = "--kills", paramLabel = "N", description = "Default: ${DEFAULT-VALUE}.", defaultValue = "100")
    private int kills;

    @Option(
            names = "--contexts",
            paramLabel = "N",
            description = "Connections that are opened and closed meanwhile. Default: ${DEFAULT-VALUE}.",
            defaultValue = "10000")
    private long contexts;

    @Option(names = "--seed", paramLabel = "N", description = "Of what is random. Default: another each time.")
    private @Nullable Long seed;

    @Option(names = "--folder", required = true, paramLabel = "DIR", description = "Where sockets and logs lie.")
    @SuppressWarnings("NullAway.Init")
    private Path folder;

    @Option(names = "--jvm-option", description = "For the programs that are killed.", hidden = true)
    private List<String> jvmOptions = List.of();

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Override
    public Integer call() throws InterruptedException {
        if (kills < 0 || contexts < 0) {
            throw new ParameterException(spec.commandLine(), "neither kills nor contexts can be fewer than 0");
        }
        long chosen = seed == null ? new Random().nextInt(Integer.MAX_VALUE) : seed;
        System.err.println("soak: the seed is " + chosen);
        String figures = "";
        int status = 1;
        try (Progress progress = Progress.onStandardError();
                Desk desk = Desk.start(folder, jvmOptions)) {
            Soak soak = new Soak(desk, kills, contexts, new Random(chosen), progress);
            try {
                soak.run();
                status = 0;
            } finally {
                figures = soak.describe();
            }
        } catch (IOException e) {
            System.err.println("soak: " + e.getMessage());
            status = 1;
        }
        System.out.println("soak: " + figures);
        return status;
    }
}
