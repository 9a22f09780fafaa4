package dev.wayferry.proxy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/** Plain command lines mean the same without picocli as with it, and others are left to it. */
class PlainArgumentsTest {
    private static final Map<String, String> NO_ENVIRONMENT = Map.of("PATH", "/bin", "WAYFERRY_JAVA_OPTS", "-Xlog");

    private static @Nullable ServeCommand plain(String arguments) {
        return PlainArguments.serve(arguments.isEmpty() ? new String[0] : arguments.split(" "), NO_ENVIRONMENT);
    }

    private static Map<String, Object> options(ServeCommand command) throws IllegalAccessException {
        Map<String, Object> options = new HashMap<>();
        for (Field field : ServeCommand.class.getDeclaredFields()) {
            if (!Modifier.isStatic(field.getModifiers()) && field.isAnnotationPresent(CommandLine.Option.class)) {
                field.setAccessible(true);
                options.put(field.getName(), field.get(command));
            }
        }
        return options;
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "--socket-path=/run/vm.sock",
        "serve --socket-path=vm.sock",
        "serve --socket-path=a=b --wayland-display=wayland-1 --vm-name=one --log-level=Debug",
        "--vm-name=\"x\" --log-level=TRACE --socket-path=x",
        "--socket-path=x --sandbox=off",
        "--socket-path=x --sandbox=Strict"
    })
    void takesPlainOnesAsPicocliDoes(String arguments) throws Exception {
        ServeCommand expected = new ServeCommand();
        var unused = new CommandLine(expected)
                .setCaseInsensitiveEnumValuesAllowed(true)
                .parseArgs(arguments.replaceFirst("^serve ", "").split(" "));
        ServeCommand plain = plain(arguments);
        assertNotNull(plain);
        assertEquals(options(expected), options(plain));
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "",
        "serve",
        "--help",
        "help",
        "--version",
        "serve serve --socket-path=x",
        "--socket-path x",
        "--socket-path=",
        "--socket-path=x --socket-path=y",
        "--socket-path=x --vm-name=",
        "--socket-path=x --log-level=loud",
        "--socket-path=x --log-level=info --log-level=info",
        "--socket-path=x --sandbox=some",
        "--socket-path=x --sandbox=off --sandbox=off",
        "--socket-path=x --allow-uid=1000",
        "--socket-path=x --fd=3",
        "--socket-path=x --busy-poll=50",
        "--socket-path=x --realtime",
        "--socket-path=x @file",
        "--socket-path=x --no-such",
        "--wayland-display=x"
    })
    void leavesOthersToPicocli(String arguments) {
        assertNull(plain(arguments));
    }

    @Test
    void leavesOptionsInTheEnvironmentToPicocli() {
        assertNull(PlainArguments.serve(new String[] {"--socket-path=x"}, Map.of("WAYFERRY_VM_NAME", "x")));
    }
}
