package dev.wayferry.proxy;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads sizes such as {@code 8G}, {@code 512M} or {@code 4096}; the letters are powers of 1024. */
final class ByteSize implements ITypeConverter<Long> {
    private static final Pattern SIZE = Pattern.compile("(\\d{1,18})([KMGT]?)");
    private static final String LETTERS = "KMGT";

    @Override
    public Long convert(String value) {
        Matcher matcher = SIZE.matcher(value.toUpperCase(Locale.ROOT));
        if (!matcher.matches()) {
            throw new TypeConversionException("'" + value + "' is no size such as 8G, 512M or 4096");
        }
        String letter = matcher.group(2);
        int shift = letter.isEmpty() ? 0 : 10 * (LETTERS.indexOf(letter) + 1);
        long number = Long.parseLong(matcher.group(1));
        if (number > Long.MAX_VALUE >> shift) {
            throw new TypeConversionException("'" + value + "' is too large");
        }
        return number << shift;
    }
}
