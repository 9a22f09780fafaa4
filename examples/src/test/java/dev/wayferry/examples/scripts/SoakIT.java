package dev.wayferry.examples.scripts;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code examples/soak/run}, the short way. */
final class SoakIT {
    /** Far longer than it takes, which is less than a minute: all that is killed starts anew. */
    private static final Duration LIMIT = Duration.ofMinutes(15);

    @TempDir
    Path folder;

    @Test
    void nothingIsLeftOfTwentyKillsAndAThousandContexts() throws Exception {
        ExampleScript.Result result = ExampleScript.of(
                        folder, "examples/soak/run", "--no-build", "--kills=20", "--contexts=1000")
                .within(LIMIT)
                .run()
                .expect(0);

        String figures = result.output().strip().lines().toList().getLast();
        assertTrue(figures.startsWith("soak: 20 kills (5 VMM, 5 guest proxy, 5 client, 5 compositor), 3 reboots, 3 stops,"
                + " 1000 contexts"), result.output());
        assertTrue(figures.endsWith(", 0 hangs"), result.output());
        assertEquals(List.of(), ExampleScript.processesOf(folder));
        assertEquals(List.of(), ExampleScript.leftIn(folder));
    }

    @Test
    void leavesNothingRunningWhenItIsTerminated() throws Exception {
        ExampleScript.Result result = ExampleScript.of(folder, "examples/soak/run", "--no-build", "--kills=1000")
                .within(LIMIT)
                .start()
                .await("soak: the seed is")
                .terminate()
                .end();

        result.expect(143);
        assertEquals(List.of(), ExampleScript.processesOf(folder));
        assertEquals(List.of(), ExampleScript.leftIn(folder));
    }

    @Test
    void refusesWhatItDoesNotUnderstand() throws Exception {
        ExampleScript.of(folder, "examples/soak/run", "--kills=many").run().expect(2);
        ExampleScript.of(folder, "examples/soak/run", "--kinds=1").run().expect(2);
    }
}
