package dev.wayferry.examples.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;

/**
 * Boots real guests by the scripts of {@code examples/guest-desktop}. Parts that are not in the cache are fetched with
 * {@code -Dwayferry.vm=required}, the newest kernel excepted; otherwise the test is skipped.
 */
public final class RealGuest {
    /** The kernel of which Debian's mirror may hold another tomorrow. */
    public static final String NEWEST_KERNEL = "7.2";

    /** How long a guest may take. */
    public static final int GUEST_MINUTES = 6;

    private static final String VM = System.getProperty("wayferry.vm", "auto");
    private static final Path HOME = Path.of(System.getProperty("wayferry.home", "..")).toAbsolutePath();
    private static final Path SCRIPTS = HOME.resolve("examples/guest-desktop");
    private static final int FETCH_MINUTES = 10;

    private final Path folder;
    private final Path share;
    private final List<String> boot = new ArrayList<>();

    /** A guest with that kernel, whose files are in {@code folder}. */
    public RealGuest(Path folder, String kernel) throws Exception {
        Assumptions.assumeFalse(VM.equals("off"), "wayferry.vm is off");
        this.folder = folder;
        String qemu = part("fetch-qemu");
        String kernelFolder = part("fetch-kernel", kernel);
        Path initrd = folder.resolve("initrd");
        run(FETCH_MINUTES, script("make-initrd", kernelFolder, initrd.toString()));
        String accel = run(
                FETCH_MINUTES, script("choose-accel", "--qemu=" + qemu, "--kernel=" + kernelFolder, "--initrd=" + initrd));
        share = Files.createDirectory(folder.resolve("share"));
        boot.addAll(script(
                "boot-guest",
                "--qemu=" + qemu,
                "--kernel=" + kernelFolder,
                "--initrd=" + initrd,
                "--share=" + share,
                "--accel=" + accel));
    }

    /** The folder that the guest sees under the same name. */
    public Path share() {
        return share;
    }

    /** Has the guest run a bash script and turn itself off; returns what its serial console said. */
    public String boot(String command, Path gpu, String... options) throws Exception {
        return run(GUEST_MINUTES, bootCommand(command, gpu, options));
    }

    /** Starts a guest that runs a bash script and turns itself off; the process has descendants. */
    public Process start(String command, Path gpu, String... options) throws IOException {
        return start(bootCommand(command, gpu, options));
    }

    private List<String> bootCommand(String command, Path gpu, String... options) throws IOException {
        Path script = Files.writeString(share.resolve("in-guest"), command);
        List<String> line = new ArrayList<>(boot);
        line.add("--command=" + script);
        line.add("--gpu=" + gpu);
        line.addAll(Arrays.asList(options));
        return line;
    }

    /** What the guest's serial console has said so far. */
    public String console() throws IOException {
        return Files.readString(folder.resolve("output"));
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
            String output = console();
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
