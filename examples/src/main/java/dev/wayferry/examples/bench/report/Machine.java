package dev.wayferry.examples.bench.report;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What figures were taken on and how. Nothing that tells whose machine it is: no host name, and home folders are written
 * {@code ~}.
 *
 * @param cpu the processor's own name
 * @param cpus how many of them Linux runs programs on
 * @param placement who ran on which of them while it was measured
 * @param memoryMb in MiB
 * @param virtualised whether it is itself a VM
 * @param governor of the first processor's clock, where that can be read
 * @param jvmFlags of the bench's own JVM
 * @param commit of the checkout, with {@code +} if files of it were changed; null where it is none
 * @param date in UTC
 * @param commandLine as it was given to the bench
 * @param systemCallsBy the program that counted them; null if none did
 */
public record Machine(
        String cpu,
        int cpus,
        String placement,
        long memoryMb,
        String kernel,
        boolean virtualised,
        @Nullable String governor,
        String jdk,
        String jvmFlags,
        @Nullable String commit,
        String date,
        String commandLine,
        @Nullable String systemCallsBy,
        long seed) {
    /**
     * This machine.
     *
     * @param placement who ran on which CPUs
     * @param arguments of the bench
     * @param systemCallsBy the program that counted them
     * @param seed of everything in it that is drawn at random
     */
    public static Machine here(String placement, List<String> arguments, @Nullable String systemCallsBy, long seed)
            throws IOException {
        String processors = Files.readString(Path.of("/proc/cpuinfo"));
        Runtime.Version version = Runtime.version();
        return new Machine(
                valueOf(processors, "model name", System.getProperty("os.arch")),
                Runtime.getRuntime().availableProcessors(),
                placement,
                Long.parseLong(valueOf(Files.readString(Path.of("/proc/meminfo")), "MemTotal", "0 kB").split(" ")[0]) / 1024,
                System.getProperty("os.name") + " " + System.getProperty("os.version"),
                (" " + valueOf(processors, "flags", "") + " ").contains(" hypervisor "),
                clockGovernor(),
                System.getProperty("java.vm.vendor") + " " + version,
                anonymous(ownFlags()),
                checkedOut(),
                Instant.now().truncatedTo(ChronoUnit.SECONDS).toString(),
                anonymous(String.join(" ", arguments)),
                systemCallsBy,
                seed);
    }

    /** Of the first line {@code name : value}. */
    private static String valueOf(String text, String name, String otherwise) {
        return text.lines()
                .filter(line -> line.startsWith(name))
                .map(line -> line.substring(line.indexOf(':') + 1).strip())
                .findFirst()
                .orElse(otherwise);
    }

    /** Without properties, which tell programs where things are. */
    private static String ownFlags() {
        return ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
                .filter(flag -> !flag.startsWith("-D"))
                .collect(Collectors.joining(" "));
    }

    private static @Nullable String clockGovernor() {
        try {
            return Files.readString(Path.of("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor")).strip();
        } catch (IOException notThere) {
            return null;
        }
    }

    /** Without what would tell who has run it. */
    static String anonymous(String text) {
        String home = System.getProperty("user.home");
        return (home.length() > 1 ? text.replace(home, "~") : text)
                .replaceAll("/home/[^/ ]+", "~")
                .replaceAll("/run/user/\\d+", "\\$XDG_RUNTIME_DIR");
    }

    private static @Nullable String checkedOut() {
        String commit = git("rev-parse", "--short=12", "HEAD");
        if (commit == null) {
            return null;
        }
        String changes = git("status", "--porcelain", "--untracked-files=no");
        return commit + (changes == null || changes.isEmpty() ? "" : "+");
    }

    private static @Nullable String git(String... arguments) {
        String home = System.getProperty("wayferry.home", ".");
        var command = new ArrayList<>(List.of("git", "-C", home));
        command.addAll(List.of(arguments));
        try {
            Process git = new ProcessBuilder(command)
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            String said = new String(git.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
            return git.waitFor() == 0 ? said : null;
        } catch (IOException noGit) {
            return null;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return null;
        }
    }
}
