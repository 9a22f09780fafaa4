package dev.wayferry.examples.drm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wayferry.examples.host.WayferryProcess;
import dev.wayferry.examples.testing.HostSocket;
import dev.wayferry.examples.testing.MirrorHost;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The DRM node of real guests, one for each kernel, with nothing between it and the host process but QEMU and Linux. Parts
 * that are not in the cache are fetched with {@code -Dwayferry.vm=required}, the newest kernel excepted; otherwise the test
 * is skipped.
 */
final class DrmGpuIT {
    private static final String VM = System.getProperty("wayferry.vm", "auto");
    private static final Path HOME = Path.of(System.getProperty("wayferry.home", "..")).toAbsolutePath();
    private static final Path SCRIPTS = HOME.resolve("examples/guest-desktop");
    private static final String NEWEST_KERNEL = "7.2";
    private static final int FETCH_MINUTES = 10;
    private static final int GUEST_MINUTES = 6;

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"6.1", "6.12", NEWEST_KERNEL})
    void allCrossesInARealGuest(String kernel) throws Exception {
        Assumptions.assumeFalse(VM.equals("off"), "wayferry.vm is off");
        String qemu = part("fetch-qemu");
        String kernelFolder = part("fetch-kernel", kernel);
        Path initrd = folder.resolve("initrd");
        run(FETCH_MINUTES, script("make-initrd", kernelFolder, initrd.toString()));
        String accel = run(
                FETCH_MINUTES, script("choose-accel", "--qemu=" + qemu, "--kernel=" + kernelFolder, "--initrd=" + initrd));
        Path share = Files.createDirectory(folder.resolve("share"));
        Path command = share.resolve("in-guest");
        Files.writeString(command, commandOfGuest(share, copyClasses(share)));

        try (HostSocket host = new HostSocket(folder.resolve("wayland-mirror"));
                MirrorHost mirror = new MirrorHost(host);
                WayferryProcess process = WayferryProcess.in(folder)
                        .waylandDisplay(host.path().toString())
                        .start()) {
            Map<Integer, String> before = process.openDescriptors();
            String console = run(
                    GUEST_MINUTES,
                    script(
                            "boot-guest",
                            "--qemu=" + qemu,
                            "--kernel=" + kernelFolder,
                            "--initrd=" + initrd,
                            "--share=" + share,
                            "--command=" + command,
                            "--gpu=" + process.socket(),
                            "--accel=" + accel));
            Path log = share.resolve("log");
            String said = Files.exists(log) ? Files.readString(log) : "the guest ran nothing";
            assertTrue(
                    said.endsWith("all has crossed\n"),
                    () -> said + "\nthe guest's console: " + console + "\nthe host process: " + logOf(process));
            assertTrue(process.isAlive(), () -> logOf(process));
            assertTrue(process.openDescriptors().size() <= before.size() + 4, () -> logOf(process));
            assertEquals(0, process.stop());
        }
    }

    private static String logOf(WayferryProcess process) {
        try {
            return process.log();
        } catch (IOException e) {
            return e.toString();
        }
    }

    private static String commandOfGuest(Path share, String classPath) {
        return String.join(
                " ",
                System.getProperty("java.home") + "/bin/java",
                "-XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xmx64m --enable-native-access=ALL-UNNAMED",
                "-cp",
                classPath,
                CrossingsInGuest.class.getName(),
                ">",
                share.resolve("log").toString(),
                "2>&1\n");
    }

    /** Copies this project's classes to where the guest sees them, wherever the checkout lies. */
    private static String copyClasses(Path share) throws IOException {
        String all = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
        List<String> copies = new ArrayList<>();
        for (String entry : all.split(File.pathSeparator)) {
            Path from = Path.of(entry);
            if (Files.isDirectory(from) || from.getFileName().toString().startsWith("wayferry-")) {
                Path to = share.resolve("classes-" + copies.size());
                copyTree(from, to);
                copies.add(to.toString());
            }
        }
        return String.join(File.pathSeparator, copies);
    }

    private static void copyTree(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : (Iterable<Path>) files::iterator) {
                Files.copy(file, to.resolve(from.relativize(file).toString()));
            }
        }
    }

    /** The path that a script prints of what it has fetched. */
    private String part(String name, String... arguments) throws Exception {
        List<String> command = script(name, arguments);
        if (!VM.equals("required") || Arrays.asList(arguments).contains(NEWEST_KERNEL)) {
            command.add(1, "--cached");
            Process process = start(command);
            Assumptions.assumeTrue(process.waitFor() == 0, "not in the cache yet: " + String.join(" ", command));
        }
        return run(FETCH_MINUTES, command);
    }

    private static List<String> script(String name, String... arguments) {
        List<String> command = new ArrayList<>(List.of(SCRIPTS.resolve(name).toString()));
        command.addAll(Arrays.asList(arguments));
        return command;
    }

    private Process start(List<String> command) throws IOException {
        return new ProcessBuilder(command)
                .redirectError(folder.resolve("errors").toFile())
                .redirectOutput(folder.resolve("output").toFile())
                .start();
    }

    private String run(int minutes, List<String> command) throws Exception {
        Process process = start(command);
        try {
            boolean ended = process.waitFor(minutes, TimeUnit.MINUTES);
            String output = Files.readString(folder.resolve("output"));
            assertTrue(ended, () -> command + " still runs after " + minutes + " minutes: " + output);
            assertEquals(0, process.exitValue(), () -> command + " " + output + errors());
            return output.strip();
        } finally {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        }
    }

    private String errors() {
        try {
            return Files.readString(folder.resolve("errors"));
        } catch (IOException e) {
            return e.toString();
        }
    }
}
