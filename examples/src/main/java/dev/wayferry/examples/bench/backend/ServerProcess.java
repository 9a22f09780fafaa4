package dev.wayferry.examples.bench.backend;

import dev.wayferry.examples.host.ListeningProcess;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Any program that is measured or measured by. */
public final class ServerProcess implements Running {
    /** The options of {@code proxy/bin/wayferry}: what is compared with the host process must run as it does. */
    public static final List<String> JVM_OPTIONS =
            List.of(
                    "-XX:+UseSerialGC", "-Xms8m", "-Xmx128m", "-XX:+ExitOnOutOfMemoryError", "-XX:-UsePerfData",
                    "-XX:TrimNativeHeapInterval=10000");

    private final ListeningProcess process;

    private ServerProcess(ListeningProcess process) {
        this.process = process;
    }

    /** Starts {@code command} and waits until somebody listens at {@code socket}; the log is {@code socket} with .log. */
    public static ServerProcess start(Path socket, List<String> command) throws IOException {
        Path logFile = socket.resolveSibling(socket.getFileName() + ".log");
        return new ServerProcess(ListeningProcess.start(socket, logFile, command));
    }

    /** The same for a main class of ours, run as the host process is; its first argument is {@code socket}. */
    public static ServerProcess start(Path socket, Class<?> main, String... arguments) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(System.getProperty("java.home") + "/bin/java");
        command.addAll(JVM_OPTIONS);
        command.add("--enable-native-access=ALL-UNNAMED");
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName(), socket.toString()));
        command.addAll(List.of(arguments));
        return start(socket, command);
    }

    @Override
    public long pid() {
        return process.pid();
    }

    @Override
    public Path socket() {
        return process.socket();
    }

    @Override
    public String log() throws IOException {
        return process.log();
    }

    /** Ends it, by force if it takes too long. */
    @Override
    public void close() {
        boolean unused = process.end();
    }
}
