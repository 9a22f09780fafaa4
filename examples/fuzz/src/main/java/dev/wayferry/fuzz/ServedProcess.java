package dev.wayferry.fuzz;

import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.PosixException;
import dev.wayferry.posix.Sockets;
import dev.wayferry.proxy.gpu.GuestShm;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The host process itself, which has to outlive each session with no more descriptors than before. */
final class ServedProcess implements FrontEndMessages.Sessions, AutoCloseable {
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(60);
    private static final int PAUSE_MILLIS = 50;
    private static final int REST_MILLIS = 1000;

    /** How its log says that a session has ended by what neither a VMM nor its guest may bring about. */
    private static final Pattern FAULT =
            Pattern.compile("the session ends( by a fault of ours|: (java|dev)\\.(?!.*InternalError)).*");

    private final Process process;
    private final Path socket;
    private final Path log;
    private int before;

    private ServedProcess(Process process, Path socket, Path log) {
        this.process = process;
        this.socket = socket;
        this.log = log;
    }

    /** Starts one and has it serve a first session, of a VMM that goes at once. */
    static ServedProcess start(Path launcher, Path folder, Path compositor, GuestShm guestShm) throws IOException {
        Path socket = folder.resolve("vmm-" + guestShm);
        Path log = folder.resolve("log-" + guestShm);
        socket.toFile().deleteOnExit();
        log.toFile().deleteOnExit();
        ServedProcess served = new ServedProcess(
                new ProcessBuilder(
                        launcher.toString(), "serve", "--socket-path=" + socket, "--wayland-display=" + compositor,
                        "--channel=pipewire=" + compositor, "--channel=x11=" + compositor,
                        "--guest-shm=" + guestShm.name().toLowerCase(Locale.ROOT), "--log-level=error",
                        // None of which may be a fault that is left out.
                        "--limit=log-lines-per-second=1000000")
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                        .redirectError(log.toFile())
                        .start(),
                socket, log);
        // However this process ends, that one does not stay.
        Runtime.getRuntime().addShutdownHook(new Thread(served.process::destroyForcibly));
        OwnedFd first = served.begin();
        first.close();
        served.before = served.restingDescriptors();
        return served;
    }

    @Override
    public OwnedFd begin() throws IOException {
        long deadline = System.nanoTime() + PATIENCE_NANOS;
        while (true) {
            try {
                return Sockets.connect(socket.toString());
            } catch (PosixException e) {
                check();
                if (System.nanoTime() > deadline) {
                    throw e;
                }
                pause(PAUSE_MILLIS);
            }
        }
    }

    @Override
    public void awaitEnd() throws IOException {
        long deadline = System.nanoTime() + PATIENCE_NANOS;
        while (descriptors().size() > before) {
            check();
            if (System.nanoTime() > deadline) {
                throw new Finding(Finding.Kind.LEAK, "the host process has more open than the " + before
                        + " descriptors before the session: " + descriptors());
            }
            pause(PAUSE_MILLIS);
        }
        check();
    }

    /** How many it has open when that has been the same for a while: libraries keep some from the first session on. */
    private int restingDescriptors() throws IOException {
        int count;
        int later = descriptors().size();
        do {
            count = later;
            pause(REST_MILLIS);
            later = descriptors().size();
        } while (later != count);
        return count;
    }

    /** What it has open, what its JVM opens by itself left out. */
    private List<String> descriptors() throws IOException {
        List<String> links = new ArrayList<>();
        try (Stream<Path> open = Files.list(Path.of("/proc", String.valueOf(process.pid()), "fd"))) {
            for (Path fd : open.toList()) {
                String link = linkOf(fd);
                if (!OpenFiles.isOfTheJvm(link)) {
                    links.add(link);
                }
            }
        }
        return links;
    }

    private static String linkOf(Path fd) {
        try {
            return Files.readSymbolicLink(fd).toString();
        } catch (IOException e) {
            return ""; // closed meanwhile
        }
    }

    /** Whether it lives, and no session of it has ended by a fault of ours; to be called as often as one likes. */
    void check() throws IOException {
        if (!process.isAlive()) {
            throw new Finding(Finding.Kind.CRASH, "the host process has ended with " + process.exitValue());
        }
        Matcher fault = FAULT.matcher(Files.readString(log, StandardCharsets.UTF_8));
        if (fault.find()) {
            throw new Finding(Finding.Kind.CRASH, fault.group());
        }
    }

    static void pause(int millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        process.destroy();
        try {
            int unused = process.waitFor();
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
