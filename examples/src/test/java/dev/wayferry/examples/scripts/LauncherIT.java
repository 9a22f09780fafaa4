package dev.wayferry.examples.scripts;

import static java.nio.file.StandardCopyOption.COPY_ATTRIBUTES;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code bin/wayferry} as it is installed, beside {@code lib} with the jar, with and without what the build's JVM wrote. */
final class LauncherIT {
    private static final Path PROXY = ExampleScript.checkout().resolve("proxy");
    private static final String FROM_CACHE = "source: shared objects file";
    private static final long PATIENCE_SECONDS = 60;

    @TempDir
    Path folder;

    private Path launcher;
    private Path jar;
    private Path cache;

    @BeforeEach
    void install() throws IOException {
        Path bin = Files.createDirectory(folder.resolve("bin"));
        Path lib = Files.createDirectory(folder.resolve("lib"));
        launcher = bin.resolve("wayferry");
        jar = lib.resolve("wayferry.jar");
        cache = lib.resolve("wayferry.aot");
        copy(PROXY.resolve("bin/wayferry"), launcher);
        copy(PROXY.resolve("bin/find-jdk"), bin.resolve("find-jdk"));
        copy(PROXY.resolve("target/wayferry.jar"), jar);
        copy(PROXY.resolve("target/wayferry.aot"), cache);
    }

    /** As {@code cp -p} or a package does, with the file's time. */
    private static void copy(Path from, Path to) throws IOException {
        Path unused = Files.copy(from, to, COPY_ATTRIBUTES);
    }

    /** Serves until it listens, and ends; returns where the JVM says that the command's class came from. */
    private String servesWith() throws Exception {
        Path classes = folder.resolve("classes");
        Path socket = folder.resolve("vm.sock");
        ProcessBuilder builder = new ProcessBuilder(launcher.toString(), "serve", "--socket-path=" + socket);
        builder.environment().keySet().removeIf(name -> name.startsWith("WAYFERRY_") || name.startsWith("JAVA_TOOL"));
        // The Java that the build had.
        builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
        builder.environment().put("WAYFERRY_JAVA_OPTS", "-Xlog:class+load:file=" + classes);
        Process process = builder.redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
        try (BufferedReader log = process.errorReader()) {
            boolean listens = false;
            while (!listens) {
                String line = log.readLine();
                assertNotNull(line, "it has ended");
                assertTrue(line.startsWith("INFO "), line);
                listens = line.contains("listening at");
            }
            process.destroy();
            assertTrue(process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS), "it does not end");
            assertEquals(0, process.exitValue());
            assertFalse(Files.exists(socket));
        } finally {
            process.destroyForcibly();
        }
        return Files.readAllLines(classes).stream()
                .filter(loaded -> loaded.contains(" dev.wayferry.proxy.ServeCommand "))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void startsWithWhatTheBuildWrote() throws Exception {
        String loaded = servesWith();
        assertTrue(loaded.contains(FROM_CACHE), loaded);
    }

    @Test
    void startsWithoutIt() throws Exception {
        Files.delete(cache);
        String loaded = servesWith();
        assertFalse(loaded.contains(FROM_CACHE), loaded);
    }

    @Test
    void leavesWhatIsAboutAnotherJarWithoutAWord() throws Exception {
        Path unused = Files.setLastModifiedTime(jar, FileTime.fromMillis(1_000_000_000_000L));
        String loaded = servesWith();
        assertFalse(loaded.contains(FROM_CACHE), loaded);
    }

    @Test
    void leavesWhatIsCutOffOrNoCacheAtAllWithoutAWord() throws Exception {
        byte[] whole = Files.readAllBytes(cache);
        for (int length : new int[] {whole.length / 2, 10, 0}) {
            Path unused = Files.write(cache, Arrays.copyOf(whole, length));
            String loaded = servesWith();
            assertFalse(loaded.contains(FROM_CACHE), loaded);
        }
    }
}
