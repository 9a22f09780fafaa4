package dev.wayferry.examples.scripts;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code examples/zero-copy-bench/real-guest}: round trips in real guests, whose figures these tests don't judge. */
final class RealGuestIT {
    private static final String KERNEL = "6.12";
    private static final Duration LIMIT = Duration.ofMinutes(10);
    /** A place for a number of each column. */
    private static final String FIGURES = "( +\\d+\\.\\d){7}";

    @TempDir
    Path folder;

    @Test
    void measuresAnotherBackEndBesideOursInGuestsOfTheirOwn() throws Exception {
        String serve = ExampleScript.checkout().resolve("proxy/bin/wayferry")
                + " serve --socket-path={socket} --wayland-display={wayland}";

        ExampleScript.Result result = run("--rounds=1", "--syncs=50", "--clients=2", "--backend", "second=" + serve);

        result.expect(0);
        for (String row : List.of("wayferry" + FIGURES, "second" + FIGURES, "wayferry / second( +\\d+\\.\\d\\d){6}.*")) {
            assertTrue(Pattern.compile("^" + row + "$", Pattern.MULTILINE).matcher(result.output()).find(), result.output());
        }
        assertNothingIsLeft();
    }

    @Test
    void saysWhyAGuestWithADeviceThatQemuLacksDoesNotRun() throws Exception {
        ExampleScript.Result result = run("--rounds=1", "--syncs=50", "--device=odd=no-such-device");

        result.expect(1);
        assertTrue(result.output().contains("'no-such-device' is not a valid device model name"), result.output());
        assertTrue(result.output().contains("real-guest: the guest of odd ended with 1"), result.output());
        assertEquals(List.of(), ExampleScript.processesOf(folder));
    }

    private ExampleScript.Result run(String... options) throws Exception {
        GuestParts.need(folder, KERNEL);
        String[] arguments = Stream.concat(Stream.of("--no-build", "--kernel", KERNEL), Stream.of(options))
                .toArray(String[]::new);
        return GuestParts.mayLackSomething(ExampleScript.of(folder, "examples/zero-copy-bench/real-guest", arguments)
                .within(LIMIT)
                .run());
    }

    private void assertNothingIsLeft() throws InterruptedException {
        assertEquals(List.of(), ExampleScript.processesOf(folder));
        assertEquals(List.of(), ExampleScript.leftIn(folder));
    }
}
