package dev.wayferry.examples.host;

import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.Posix;
import dev.wayferry.posix.PosixException;
import dev.wayferry.posix.Redirection;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A running {@code wayferry serve}, listening at a socket of its own.
 *
 * <p>Its command is the environment's {@code WAYFERRY} if that is set, else {@code proxy/bin/wayferry} of the checkout
 * that the system property {@code wayferry.home} names (the working folder and those above it are searched without),
 * else its jar with the Java that runs this.
 */
public final class WayferryProcess implements AutoCloseable {
    private static final int STANDARD_INPUT = 0;

    private final ListeningProcess process;

    private WayferryProcess(ListeningProcess process) {
        this.process = process;
    }

    /** How to start a host process; made by {@link #in}. */
    public static final class Options {
        private final Path folder;
        private final List<String> arguments = new ArrayList<>();
        private String vmName = "vm";
        private @Nullable String waylandDisplay;
        private @Nullable OwnedFd standardInput;

        private Options(Path folder) {
            this.folder = folder;
        }

        /** The compositor's socket: a path, or a name below {@code XDG_RUNTIME_DIR}. */
        public Options waylandDisplay(String nameOrPath) {
            waylandDisplay = nameOrPath;
            return this;
        }

        /** What the log calls the VM; also names socket and log file, so that several fit into one folder. */
        public Options vmName(String name) {
            vmName = name;
            return this;
        }

        /** Adds a further argument, for instance {@code --log-level=debug}. */
        public Options argument(String argument) {
            arguments.add(argument);
            return this;
        }

        /** Gives it {@code socket}, which stays the caller's, as its standard input. */
        public Options standardInput(OwnedFd socket) {
            standardInput = socket;
            return this;
        }

        /** Starts it and waits until it listens. */
        public WayferryProcess start() throws IOException {
            Path socket = folder.resolve(vmName + ".sock");
            Path logFile = folder.resolve(vmName + ".log");
            List<String> command = command();
            command.add("serve");
            command.add("--socket-path=" + socket);
            command.add("--vm-name=" + vmName);
            if (waylandDisplay != null) {
                command.add("--wayland-display=" + waylandDisplay);
            }
            command.addAll(arguments);
            OwnedFd input = standardInput;
            return new WayferryProcess(ListeningProcess.start(
                    socket, logFile, command, builder -> input == null ? builder.start() : startWith(input, builder)));
        }
    }

    /**
     * A process inherits standard input, output and error, and ProcessBuilder knows no sockets: so for this moment the
     * socket is our own standard input.
     */
    private static Process startWith(OwnedFd socket, ProcessBuilder builder) throws IOException {
        try (OwnedFd before = OwnedFd.of(Posix.dup(STANDARD_INPUT), "dup of standard input")) {
            PosixException.check(Redirection.dup2(socket.number(), STANDARD_INPUT), "dup2");
            try {
                return builder.redirectInput(ProcessBuilder.Redirect.INHERIT).start();
            } finally {
                PosixException.check(Redirection.dup2(before.number(), STANDARD_INPUT), "dup2");
            }
        }
    }

    /** Whether {@code serve} knows an option, which an older one may not. */
    public static boolean offers(String option) throws IOException {
        List<String> command = command();
        command.addAll(List.of("serve", "--help"));
        Process help = new ProcessBuilder(command).redirectErrorStream(true).start();
        help.getOutputStream().close();
        return new String(help.getInputStream().readAllBytes(), StandardCharsets.UTF_8).contains(option);
    }

    /** A host process that keeps socket and log file in {@code folder}. */
    public static Options in(Path folder) {
        return new Options(folder);
    }

    /** Whether there is something to start: not so in a checkout whose host process was not built. */
    public static boolean isAvailable() {
        try {
            command();
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private static List<String> command() throws IOException {
        List<String> command = new ArrayList<>();
        String override = System.getenv("WAYFERRY");
        if (override != null && !override.isEmpty()) {
            command.add(override);
            return command;
        }
        Path proxy = home().resolve("proxy");
        Path jar = proxy.resolve("target/wayferry.jar");
        if (!Files.exists(jar)) {
            throw new NoSuchFileException(jar.toString(), null, "build it with mvn -q -DskipTests package");
        }
        Path launcher = proxy.resolve("bin/wayferry");
        if (Files.isExecutable(launcher)) {
            command.add(launcher.toString());
        } else {
            command.add(System.getProperty("java.home") + "/bin/java");
            command.addAll(List.of("-XX:+UseSerialGC", "-Xmx128m", "-jar", jar.toString()));
        }
        return command;
    }

    private static Path home() throws IOException {
        String property = System.getProperty("wayferry.home");
        if (property != null) {
            return Path.of(property);
        }
        for (Path at = Path.of("").toAbsolutePath(); at != null; at = at.getParent()) {
            if (Files.exists(at.resolve("proxy/pom.xml"))) {
                return at;
            }
        }
        throw new NoSuchFileException("proxy/pom.xml", null, "set the system property wayferry.home to the checkout");
    }

    public long pid() {
        return process.pid();
    }

    /** Where VMMs connect. */
    public Path socket() {
        return process.socket();
    }

    public boolean isAlive() {
        return process.isAlive();
    }

    /** What it has written so far, standard error and output together. */
    public String log() throws IOException {
        return process.log();
    }

    /** Its open descriptors and what each points to, for instance {@code /memfd:name (deleted)}. */
    public SortedMap<Integer, String> openDescriptors() throws IOException {
        SortedMap<Integer, String> open = new TreeMap<>();
        try (DirectoryStream<Path> links = Files.newDirectoryStream(Path.of("/proc/" + pid() + "/fd"))) {
            for (Path link : links) {
                try {
                    open.put(
                            Integer.parseInt(link.getFileName().toString()),
                            Files.readSymbolicLink(link).toString());
                } catch (NoSuchFileException closedMeanwhile) {
                    // Between listing and reading.
                }
            }
        }
        return open;
    }

    /** Kills it, as a crash would. */
    public void kill() {
        process.kill();
    }

    /**
     * Sends SIGTERM and waits for the end.
     *
     * @return the exit status
     * @throws IOException when it does not end by itself; it is killed then
     */
    public int stop() throws IOException {
        if (!process.end()) {
            throw new IOException("the host process did not end by itself after SIGTERM:\n" + log());
        }
        return process.exitStatus();
    }

    @Override
    public void close() throws IOException {
        if (process.isAlive()) {
            stop();
        }
    }
}
