package dev.wayferry.proxy;

import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.IDefaultValueProvider;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;

/** Takes the value of {@code --some-option} from {@code WAYFERRY_SOME_OPTION} where the command line has none. */
final class EnvironmentDefaults implements IDefaultValueProvider {
    private final Map<String, String> environment;

    EnvironmentDefaults(Map<String, String> environment) {
        this.environment = environment;
    }

    @Override
    public @Nullable String defaultValue(ArgSpec argument) {
        // Not WAYFERRY_HELP and WAYFERRY_VERSION: the latter is rather something of a package's.
        if (!(argument instanceof OptionSpec option) || option.usageHelp() || option.versionHelp()) {
            return null;
        }
        String value = environment.get(variable(option.longestName()));
        return value == null || value.isEmpty() ? null : value;
    }

    /** Whether the environment alone says whom to serve. */
    static boolean saysWhom(Map<String, String> environment) {
        return environment.containsKey(variable("--socket-path")) || environment.containsKey(variable("--fd"));
    }

    /** The environment variable of an option. */
    static String variable(String option) {
        return "WAYFERRY_" + option.replaceFirst("^-+", "").replace('-', '_').toUpperCase(Locale.ROOT);
    }
}
