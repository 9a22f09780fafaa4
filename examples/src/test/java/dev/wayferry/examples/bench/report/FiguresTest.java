package dev.wayferry.examples.bench.report;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class FiguresTest {
    @Test
    void figuresHaveThreeDigitsThatCount() {
        assertEquals("–", Figures.of(null));
        assertEquals("0", Figures.of(0));
        assertEquals("0.0012", Figures.of(0.00123));
        assertEquals("1.23", Figures.of(1.234));
        assertEquals("12.3", Figures.of(12.34));
        assertEquals("1 235", Figures.of(1234.6));
        assertEquals("50 000", Figures.of(50_000L));
        assertEquals("×1.20", Figures.times(1.2));
        assertEquals("×12.0", Figures.times(12.0));
        assertEquals("", Figures.times(null));
    }

    @Test
    void progressRewritesNothingWhereThereIsNoTerminal() {
        assertEquals("  one\n  two\n", said(false));
        assertEquals("\r\033[K  one\r\033[K  two\r\033[K", said(true));
    }

    private static String said(boolean terminal) {
        var bytes = new ByteArrayOutputStream();
        try (Progress progress = new Progress(new PrintStream(bytes, true, StandardCharsets.UTF_8), terminal)) {
            progress.accept("one");
            progress.accept("two");
        }
        return bytes.toString(StandardCharsets.UTF_8);
    }
}
