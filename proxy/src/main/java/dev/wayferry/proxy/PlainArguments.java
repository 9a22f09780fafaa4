package dev.wayferry.proxy;

import dev.wayferry.proxy.sandbox.SandboxMode;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Understands the command lines that VMMs' users mostly write, for picocli takes longer to get ready than all the rest of
 * the start. Whatever is not as plain as that, or may be wrong, is left to picocli.
 */
final class PlainArguments {
    private static final String ENVIRONMENT = "WAYFERRY_";

    /** The launcher's, and no option. */
    private static final String JAVA_OPTS = "WAYFERRY_JAVA_OPTS";

    private @Nullable Path socketPath;
    private @Nullable String waylandDisplay;
    private @Nullable String vmName;
    private ServeCommand.@Nullable LogLevel logLevel;
    private @Nullable SandboxMode sandbox;

    private PlainArguments() {}

    /** The command, if that is {@code serve} with {@code --socket-path=} and a few others only; else null. */
    static @Nullable ServeCommand serve(String[] arguments, Map<String, String> environment) {
        for (String name : environment.keySet()) {
            if (name.startsWith(ENVIRONMENT) && !name.equals(JAVA_OPTS)) {
                return null;
            }
        }
        PlainArguments plain = new PlainArguments();
        for (int i = 0; i < arguments.length; i++) {
            if (!(i == 0 && arguments[i].equals("serve")) && !plain.take(arguments[i])) {
                return null;
            }
        }
        return plain.socketPath == null
                ? null
                : ServeCommand.plain(
                        plain.socketPath, plain.waylandDisplay, plain.vmName, plain.logLevel, plain.sandbox);
    }

    /** Takes one argument; false if it is none of the plain ones, is there twice or may be wrong. */
    private boolean take(String argument) {
        int equals = argument.indexOf('=');
        String value = argument.substring(equals + 1);
        if (equals < 0 || value.isBlank() || value.indexOf('\0') >= 0) {
            return false;
        }
        switch (argument.substring(0, equals)) {
            case "--socket-path" -> {
                boolean first = socketPath == null;
                socketPath = Path.of(value);
                return first;
            }
            case "--wayland-display" -> {
                boolean first = waylandDisplay == null;
                waylandDisplay = value;
                return first;
            }
            case "--vm-name" -> {
                boolean first = vmName == null;
                vmName = value;
                return first;
            }
            case "--log-level" -> {
                boolean first = logLevel == null;
                logLevel = named(ServeCommand.LogLevel.values(), value);
                return first && logLevel != null;
            }
            case "--sandbox" -> {
                boolean first = sandbox == null;
                sandbox = named(SandboxMode.values(), value);
                return first && sandbox != null;
            }
            default -> {
                return false;
            }
        }
    }

    private static <T extends Enum<T>> @Nullable T named(T[] values, String name) {
        for (T value : values) {
            if (value.name().equals(name.toUpperCase(Locale.ROOT))) {
                return value;
            }
        }
        return null;
    }
}
