package dev.wayferry.examples.scripts;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Assumptions;

/**
 * What a real guest is booted with. With {@code -Dwayferry.vm=required} whatever is missing is fetched or a failure; with
 * {@code auto} a test is skipped when the parts are not in the cache; with {@code off} always.
 */
final class GuestParts {
    private static final String VM = System.getProperty("wayferry.vm", "auto");
    private static final String SCRIPTS = "examples/guest-desktop/";

    private GuestParts() {}

    /** Skips the test if it is not to run a guest with that kernel. */
    static void need(Path folder, String kernel) throws Exception {
        switch (VM) {
            case "required" -> {}
            case "auto" -> {
                needCached(folder, "fetch-qemu");
                needCached(folder, "fetch-kernel", kernel);
            }
            case "off" -> Assumptions.abort("wayferry.vm is off");
            default -> throw new IllegalArgumentException("wayferry.vm is required, auto or off, not " + VM);
        }
    }

    /** Skips the test if the host lacks what the script needs, unless guests are required. */
    static ExampleScript.Result mayLackSomething(ExampleScript.Result result) {
        return VM.equals("required") ? result : result.skipIfHostLacksSomething();
    }

    private static void needCached(Path folder, String script, String... arguments) throws Exception {
        List<String> all = new ArrayList<>(List.of("--cached"));
        all.addAll(Arrays.asList(arguments));
        int status = ExampleScript.of(folder, SCRIPTS + script, all.toArray(String[]::new))
                .run()
                .status();
        Assumptions.assumeTrue(
                status == 0,
                "not in the cache yet: " + SCRIPTS + script + " " + String.join(" ", arguments) + " fetches it");
    }
}
