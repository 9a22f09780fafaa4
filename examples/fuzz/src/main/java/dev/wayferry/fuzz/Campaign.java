package dev.wayferry.fuzz;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Runs targets by Jazzer, one after the other, each in JVMs of its own: after a finding in another one, for the rest of its
 * time. Says how it goes, keeps what was found, and counts it.
 */
public final class Campaign {
    private static final int SAY_SECONDS = 10;

    /** Findings of one target after which it is left: they are mostly the same one again. */
    private static final int MOST_FINDINGS = 5;

    /** What is said of a Receiver without its bound of 28 files. */
    private static final String PLANTED = "a RECEIVE names ";

    private final Path work;
    private final Path kept;
    private final Path seeds;
    private final Path launcher;
    private final long seconds;
    private final boolean planted;
    private boolean plantedFound;
    private final Map<TargetKind, Long> executions = new EnumMap<>(TargetKind.class);
    private final Map<Finding.Kind, Integer> found = new EnumMap<>(Finding.Kind.class);

    private Campaign(Path work, Path kept, Path seeds, Path launcher, long seconds, boolean planted) {
        this.work = work;
        this.kept = kept;
        this.seeds = seeds;
        this.launcher = launcher;
        this.seconds = seconds;
        this.planted = planted;
    }

    /**
     * {@code Campaign WORK KEPT SEEDS LAUNCHER SECONDS true|false TARGET...}: a folder for what is of no use afterwards, one
     * for corpora and findings, the seeds, the host process's launcher, each target's time in seconds, and whether
     * something is planted.
     */
    public static void main(String[] arguments) throws IOException, InterruptedException {
        Campaign campaign = new Campaign(
                Path.of(arguments[0]), Path.of(arguments[1]), Path.of(arguments[2]), Path.of(arguments[3]),
                Long.parseLong(arguments[4]), Boolean.parseBoolean(arguments[5]));
        for (int i = 6; i < arguments.length; i++) {
            campaign.run(TargetKind.of(arguments[i]));
        }
        System.exit(campaign.report() ? 0 : 1);
    }

    private void run(TargetKind target) throws IOException, InterruptedException {
        Path folder = Files.createDirectory(work.resolve(target.key()));
        String classPath = classPath(target, folder);
        Path rawSeeds = rawSeeds(target, folder);
        Path corpus = Files.createDirectories(
                planted ? folder.resolve("corpus") : kept.resolve("corpus").resolve(target.key()));
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
        long before = 0;
        int findings = 0;
        long left = seconds;
        while (left > 0 && findings < (planted ? 1 : MOST_FINDINGS)) {
            Path own = Files.createDirectory(folder.resolve("run" + findings));
            FuzzProcess process = new FuzzProcess(target, classPath, own, corpus, rawSeeds, left);
            Thread killer = new Thread(process::kill);
            Runtime.getRuntime().addShutdownHook(killer);
            while (!process.awaitEnd(SAY_SECONDS)) {
                say(target, before + process.executions(), deadline, findings);
            }
            boolean unused = Runtime.getRuntime().removeShutdownHook(killer);
            before += process.executions();
            executions.put(target, before);
            if (process.executions() == 0) {
                throw new IOException(target.key() + " has not begun, see " + process.log());
            }
            if (!process.foundNothing()) {
                findings++;
                keep(target, process);
            }
            left = process.foundNothing() ? 0 : TimeUnit.NANOSECONDS.toSeconds(deadline - System.nanoTime());
        }
        say(target, before, System.nanoTime(), findings);
    }

    private static void say(TargetKind target, long count, long deadline, int findings) {
        System.err.printf("  %s: %d executions, %d findings, %d s to go%n", target.key(), count, findings,
                Math.max(0, TimeUnit.NANOSECONDS.toSeconds(deadline - System.nanoTime())));
    }

    /** Our own, with what is to go before it. */
    private String classPath(TargetKind target, Path folder) throws IOException {
        String own = System.getProperty("java.class.path");
        Path variants = folder.resolve("variants");
        if (planted) {
            Variants.main(new String[] {variants.toString(), "planted"});
        }
        if (target == TargetKind.RINGS) {
            Variants.main(new String[] {variants.toString(), "reads"});
        }
        return Files.isDirectory(variants) ? variants + File.pathSeparator + own : own;
    }

    private Path rawSeeds(TargetKind target, Path folder) throws IOException {
        Path raw = Files.createDirectory(folder.resolve("seeds"));
        try (Stream<Path> all = Files.list(seeds.resolve(target.key()))) {
            for (Path seed : all.toList()) {
                Files.write(raw.resolve(String.valueOf(seed.getFileName()).replace(".hex", "")), Replay.read(seed));
            }
        }
        return raw;
    }

    /** Keeps the input and the log, and says what the host process itself makes of it. */
    private void keep(TargetKind target, FuzzProcess process) throws IOException, InterruptedException {
        Finding.Kind kind = process.kind();
        found.merge(kind, 1, Integer::sum);
        Path findings = Files.createDirectories(planted ? work.resolve("findings") : kept.resolve("findings"));
        String name = target.key() + "-" + kind.key() + "-" + Long.toHexString(System.currentTimeMillis());
        Path input = findings.resolve(name);
        Files.write(input, process.input());
        Files.copy(process.log(), findings.resolve(name + ".log"));
        System.err.println("found: " + process.what());
        if (planted) {
            plantedFound |= process.what().contains(PLANTED);
        } else {
            System.err.println("  its input is " + input + ", beside it the log");
            replay(target, input);
        }
    }

    private void replay(TargetKind target, Path input) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(), "--enable-native-access=ALL-UNNAMED",
                "-Dorg.slf4j.simpleLogger.defaultLogLevel=off", "-cp", System.getProperty("java.class.path"),
                ReplayServed.class.getName(), launcher.toString(), target.key(), input.toString()));
        Process replay = new ProcessBuilder(command).inheritIO().start();
        if (!replay.waitFor(5, TimeUnit.MINUTES)) {
            replay.destroyForcibly();
            System.err.println("  replayed against the host process itself: no end within 5 minutes");
        }
    }

    /** The last line; whether there was nothing found. */
    private boolean report() {
        List<String> counts = new ArrayList<>();
        executions.forEach((target, count) -> counts.add(target.key() + " " + count));
        int crashes = found.getOrDefault(Finding.Kind.CRASH, 0);
        int hangs = found.getOrDefault(Finding.Kind.HANG, 0);
        int leaks = found.getOrDefault(Finding.Kind.LEAK, 0);
        System.out.printf("executions: %s; crashes: %d; hangs: %d; leaked descriptors: %d%n",
                String.join(", ", counts), crashes, hangs, leaks);
        if (planted) {
            System.err.println(plantedFound ? "what was planted was found" : "what was planted was NOT found");
        }
        return crashes + hangs + leaks == 0;
    }
}
