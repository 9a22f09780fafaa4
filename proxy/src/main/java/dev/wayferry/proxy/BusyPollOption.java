package dev.wayferry.proxy;

import java.io.IOException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * What {@code --busy-poll} says.
 *
 * @param micros how long the loop looks for more work before it sleeps, at most; 0 for not at all
 * @param forced also where there are too few CPUs for it
 */
record BusyPollOption(int micros, boolean forced) {
    static final BusyPollOption OFF = new BusyPollOption(0, false);

    /** The guest, the compositor and the loop: on fewer the loop would look for work that it keeps others from doing. */
    private static final int ENOUGH_CPUS = 3;

    /** Longer than this a sleep is no delay to speak of. */
    private static final int MOST = 10_000;

    /** Reads {@code 50} and {@code 50,force}. */
    static final class Converter implements ITypeConverter<BusyPollOption> {
        private static final Pattern FORM = Pattern.compile("(\\d{1,6})(,force)?");

        @Override
        public BusyPollOption convert(String value) {
            Matcher matcher = FORM.matcher(value);
            if (!matcher.matches()) {
                throw new TypeConversionException("'" + value + "' is no number of microseconds, such as 50 or 50,force");
            }
            int micros = Integer.parseInt(matcher.group(1));
            if (micros > MOST) {
                throw new TypeConversionException(micros + " microseconds are more than " + MOST);
            }
            return new BusyPollOption(micros, matcher.group(2) != null);
        }
    }

    /** Refuses what would make everything slower. */
    void check() throws IOException {
        int cpus = Runtime.getRuntime().availableProcessors();
        if (micros > 0 && cpus < ENOUGH_CPUS && !forced) {
            throw new IOException("--busy-poll=" + micros + ": this process may use " + cpus + " CPUs, and with fewer than "
                    + ENOUGH_CPUS + " the loop would keep the guest and the compositor from theirs; --busy-poll=" + micros
                    + ",force does it all the same");
        }
    }
}
