package dev.wayferry.proxy;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.util.Arrays;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The command line's start. */
@Command(
        name = "wayferry",
        description = "Lets a virtual machine's Wayland programs appear on the host's own desktop.",
        mixinStandardHelpOptions = true,
        versionProvider = Wayferry.Version.class,
        subcommands = ServeCommand.class,
        footer = {
            "",
            "Options without a command are serve's, as VMMs start a back-end.",
            "Exit codes: 0 done or told to end, 1 failed, 2 the command line can't be understood."
        })
public final class Wayferry {
    private static final String PRINT_CAPABILITIES = "--print-capabilities";

    private Wayferry() {}

    /** Runs the command and ends the process. */
    public static void main(String[] arguments) {
        int code = ExitCode.FAILURE;
        try {
            code = execute(arguments, System.out, System.err);
        } finally {
            Shutdown.exit(code);
        }
    }

    static int execute(String[] arguments, PrintStream out, PrintStream err) {
        if (Arrays.asList(arguments).contains(PRINT_CAPABILITIES)) {
            // vhost-user.rst, "Back-end program conventions": print, ignore every other option, end with 0.
            out.println("{\"type\": \"gpu\", \"features\": []}");
            return ExitCode.OK;
        }
        ServeCommand plain = PlainArguments.serve(arguments, System.getenv());
        if (plain != null) {
            try {
                return plain.serve();
            } catch (IOException | RuntimeException e) {
                return failed(e, err);
            }
        }
        CommandLine commandLine = new CommandLine(new Wayferry())
                .setOut(new PrintWriter(out, true, UTF_8))
                .setErr(new PrintWriter(err, true, UTF_8))
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setDefaultValueProvider(new EnvironmentDefaults(System.getenv()))
                .setExecutionExceptionHandler((e, _, _) -> failed(e, err));
        if (arguments.length == 0 && !EnvironmentDefaults.saysWhom(System.getenv())) {
            commandLine.usage(err);
            return ExitCode.USAGE;
        }
        boolean serves = arguments.length == 0 || isServeOption(arguments[0]);
        return commandLine.execute(serves ? withServe(arguments) : arguments);
    }

    private static int failed(Exception e, PrintStream err) {
        err.println("wayferry: " + (e.getMessage() == null ? e.toString() : e.getMessage()));
        return ExitCode.FAILURE;
    }

    private static boolean isServeOption(String first) {
        return first.startsWith("-") && !first.equals("-h") && !first.equals("--help");
    }

    private static String[] withServe(String[] arguments) {
        String[] all = new String[arguments.length + 1];
        all[0] = "serve";
        System.arraycopy(arguments, 0, all, 1, arguments.length);
        return all;
    }

    /** The version in the jar's manifest. */
    static final class Version implements CommandLine.IVersionProvider {
        @Override
        public String[] getVersion() {
            String version = Wayferry.class.getPackage().getImplementationVersion();
            return new String[] {"wayferry " + (version == null ? "(not from its jar)" : version)};
        }
    }
}
