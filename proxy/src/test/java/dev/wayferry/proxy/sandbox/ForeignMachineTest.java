package dev.wayferry.proxy.sandbox;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A kind of machine on which the numbers of system calls are others. */
class ForeignMachineTest {
    private static Sandbox sandbox(SandboxMode mode) {
        return new Sandbox(mode, new AllowedFiles(), false, "riscv64");
    }

    /** What the kernel says of what this thread has lost. */
    private static List<String> taken() throws IOException {
        try (var lines = Files.lines(Path.of("/proc/thread-self/status"))) {
            return lines.filter(line -> line.matches("(Seccomp|NoNewPrivs|CapPrm|CapEff).*")).toList();
        }
    }

    @Test
    void strictRefusesToStartThere() {
        IOException before = assertThrows(IOException.class, () -> sandbox(SandboxMode.STRICT).check());
        IOException after = assertThrows(IOException.class, () -> sandbox(SandboxMode.STRICT).enter("test"));
        for (IOException refusal : List.of(before, after)) {
            assertEquals("--sandbox=strict: the numbers of system calls on riscv64 are not known", refusal.getMessage());
        }
    }

    @Test
    void autoGoesOnAndMakesNoneOfThem() throws Exception {
        List<String> before = taken();
        assertTrue(before.size() >= 4, before::toString);
        sandbox(SandboxMode.AUTO).check();
        sandbox(SandboxMode.AUTO).rehearse();
        sandbox(SandboxMode.AUTO).enter("test");
        assertEquals(before, taken());
    }
}
