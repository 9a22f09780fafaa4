package dev.wayferry.proxy;

import static java.util.stream.Collectors.joining;

import dev.wayferry.proxy.limit.Limit;
import java.util.Arrays;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** A value of {@code --limit}: what one of the limits shall be. */
record LimitOption(Limit limit, long value) {
    /** Reads {@code contexts=64} or {@code blob-bytes=1G}. */
    static final class Converter implements ITypeConverter<LimitOption> {
        private final ByteSize sizes = new ByteSize();

        @Override
        public LimitOption convert(String text) {
            int equals = text.indexOf('=');
            if (equals < 0) {
                throw new TypeConversionException("'" + text + "' is not NAME=VALUE");
            }
            String name = text.substring(0, equals);
            Limit limit = Limit.named(name);
            if (limit == null) {
                throw new TypeConversionException("'" + name + "' is none of "
                        + Arrays.stream(Limit.values()).map(Limit::toString).collect(joining(", ")));
            }
            long value = sizes.convert(text.substring(equals + 1));
            if (value < 1 || value > limit.largest()) {
                throw new TypeConversionException(limit + "=" + value + " is not from 1 to " + limit.largest());
            }
            return new LimitOption(limit, value);
        }
    }
}
