package dev.wayferry.proxy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** The unit file is one that systemd and the command line understand. */
class SystemdUnitTest {
    private static final long PATIENCE_SECONDS = 120;
    private static final String INSTALLED = "/opt/wayferry";

    @TempDir
    private Path folder;

    private static String unit() throws IOException {
        return Files.readString(Path.of("systemd", "wayferry@.service"));
    }

    @Test
    void systemdFindsNothingWrongWithIt() throws Exception {
        Path here = Path.of("").toAbsolutePath().getParent();
        Path unit = folder.resolve("wayferry@.service");
        Files.writeString(unit, unit().replace("=" + INSTALLED + "/proxy", "=" + here + "/proxy"));
        ProcessBuilder verify = new ProcessBuilder("systemd-analyze", "verify", "--user", "--man=no", unit.toString())
                .redirectErrorStream(true);
        for (String variable : List.of("HOME", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "XDG_CONFIG_DIRS", "XDG_DATA_DIRS")) {
            verify.environment().put(variable, folder.toString());
        }
        Process process = verify.start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertTrue(process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS));
        // It looks at what that unit needs as well, which may be in any state here.
        assertEquals(List.of(), said.lines().filter(line -> line.contains("wayferry@")).toList(), said);
        assertEquals(0, process.exitValue());
    }

    @Test
    void theCommandLineUnderstandsItsOptions() throws Exception {
        String command = unit().lines().filter(line -> line.startsWith("ExecStart=")).findFirst().orElseThrow();
        String[] words = command.replace("%i", "vm1").replace("%t", "/run/user/1000").split(" ");
        assertEquals("ExecStart=" + INSTALLED + "/proxy/bin/wayferry", words[0]);
        assertEquals("serve", words[1]);
        // As plain ones they are understood without picocli.
        assertTrue(PlainArguments.serve(Arrays.copyOfRange(words, 1, words.length), Map.of()) != null);
        var unused = new CommandLine(new ServeCommand())
                .setCaseInsensitiveEnumValuesAllowed(true)
                .parseArgs(Arrays.copyOfRange(words, 2, words.length));
    }
}
