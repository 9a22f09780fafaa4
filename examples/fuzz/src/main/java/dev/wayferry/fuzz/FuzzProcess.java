package dev.wayferry.fuzz;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A JVM in which Jazzer runs one target until its time is over or it finds something, be it its own death. */
final class FuzzProcess {
    /** What libFuzzer may have found by itself: an input that takes longer. */
    private static final int HANG_SECONDS = 60;

    private static final int MOST_BYTES = 512;
    private static final int RSS_MEGABYTES = 3000;

    /** Detectors of faults that other programs have: of SQL, of paths, of connections that this is all about. */
    private static final List<String> DETECTORS = List.of(
            "BigDecimal", "ClojureLangHooks", "Deserialization", "ExpressionLanguageInjection", "FilePathTraversal",
            "LdapInjection", "NamingContextLookup", "OsCommandInjection", "ReflectiveCall", "RegexInjection",
            "RegexRoadblocks", "ScriptEngineInjection", "ServerSideRequestForgery", "SqlInjection", "TemplateInjection",
            "UnsafeSanitizer", "XPathInjection", "XmlParserSsrfGuidance");

    /** Jazzer has assertions enabled, and by one of them the Disruptor keeps the producer of each ring for ever. */
    private static final String NO_DISRUPTOR_ASSERTIONS = "-da:com.lmax.disruptor...";

    private final Process process;
    private final Path log;
    private final Status status;

    /**
     * Starts it.
     *
     * @param folder for its log and the like, empty
     * @param corpus what earlier runs have kept, and this one adds to
     */
    FuzzProcess(TargetKind target, String classPath, Path folder, Path corpus, Path seeds, long seconds) throws IOException {
        log = folder.resolve("log");
        Path statusFile = folder.resolve("status");
        status = Status.in(statusFile);
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow",
                "-XX:+EnableDynamicAgentLoading", "-XX:+UseSerialGC", "-Xmx1g", "-XX:-CreateCoredumpOnCrash",
                NO_DISRUPTOR_ASSERTIONS,
                "-Djava.io.tmpdir=" + folder, "-Dorg.slf4j.simpleLogger.defaultLogLevel=off",
                "-Dfuzz.target=" + target.key(), "-Dfuzz.status=" + statusFile,
                "-cp", classPath, "com.code_intelligence.jazzer.Jazzer",
                "--target_class=" + Fuzz.class.getName(),
                "--instrumentation_includes=dev.wayferry.**", "--instrumentation_excludes=dev.wayferry.fuzz.**",
                "--disabled_hooks=" + String.join(":",
                        DETECTORS.stream().map(name -> "com.code_intelligence.jazzer.sanitizers." + name).toList()),
                "--reproducer_path=" + folder,
                "-max_total_time=" + seconds, "-timeout=" + HANG_SECONDS, "-rss_limit_mb=" + RSS_MEGABYTES,
                "-max_len=" + MOST_BYTES, "-artifact_prefix=" + folder + "/"));
        command.add(corpus.toString());
        command.add(seeds.toString());
        process = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
    }

    /** Waits a while for its end; whether it has ended. */
    boolean awaitEnd(long seconds) throws InterruptedException {
        return process.waitFor(seconds, TimeUnit.SECONDS);
    }

    long executions() {
        return status.executions();
    }

    void kill() {
        process.destroyForcibly();
    }

    /** Whether it ended because its time was over. */
    boolean foundNothing() {
        return process.exitValue() == 0;
    }

    int exitStatus() {
        return process.exitValue();
    }

    Path log() {
        return log;
    }

    /** What it found, when it has ended and has found something. */
    Finding.Kind kind() throws IOException {
        try (Stream<String> lines = Files.lines(log, StandardCharsets.ISO_8859_1)) {
            List<String> telling = lines.filter(line -> line.contains("[LEAK]") || line.contains("[HANG]")
                    || line.contains("ERROR: libFuzzer: timeout")).toList();
            if (telling.isEmpty()) {
                return Finding.Kind.CRASH;
            }
            return telling.getFirst().contains("[LEAK]") ? Finding.Kind.LEAK : Finding.Kind.HANG;
        }
    }

    /** The line that says what it found. */
    String what() throws IOException {
        try (Stream<String> lines = Files.lines(log, StandardCharsets.ISO_8859_1)) {
            return lines.filter(line -> line.startsWith("== ") || line.contains("ERROR: ") || line.startsWith("# A fatal"))
                    .filter(line -> !line.startsWith("== libFuzzer"))
                    .findFirst()
                    .orElse("it ended with status " + process.exitValue());
        }
    }

    /** The input that it was at. */
    byte[] input() {
        return status.input();
    }
}
