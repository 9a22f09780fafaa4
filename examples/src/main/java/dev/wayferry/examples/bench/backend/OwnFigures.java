package dev.wayferry.examples.bench.backend;

import java.io.IOException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a host process tells of itself, as one line of JSON; each since its start.
 *
 * @param bytesCopied bytes that it has copied by itself
 * @param allocatedBytes what the thread that serves the guest has allocated, null while there is none
 */
public record OwnFigures(long bytesCopied, @Nullable Long allocatedBytes) {
    private static final Pattern BYTES_COPIED = Pattern.compile("\"bytes_copied\":(\\d+)");
    private static final Pattern ALLOCATED = Pattern.compile("\"alloc_bytes\":(\\d+)");

    static OwnFigures parse(String line) throws IOException {
        Matcher copied = BYTES_COPIED.matcher(line);
        if (!copied.find()) {
            throw new IOException("no bytes_copied in " + line);
        }
        Matcher allocated = ALLOCATED.matcher(line);
        return new OwnFigures(
                Long.parseLong(copied.group(1)), allocated.find() ? Long.valueOf(allocated.group(1)) : null);
    }
}
