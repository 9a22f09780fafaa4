package dev.wayferry.proxy.crossdomain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What INIT's size says about a guest. The numbers are written out here as rutabaga_gfx and libkrun have them. */
class DialectTest {
    @ParameterizedTest
    @CsvSource({"16, BASE", "20, BASE", "23, BASE", "24, LIBKRUN", "35, LIBKRUN", "36, RUTABAGA", "64, RUTABAGA"})
    void isToldByInitsSize(int size, Dialect dialect) {
        assertEquals(dialect, Dialect.of(size));
    }

    @ParameterizedTest
    @ValueSource(ints = {16, 20})
    void givesGuestsOfTheBaseCommandsNothingBehindThem(int size) {
        Dialect base = Dialect.of(size);
        assertFalse(base.hasEvents());
        assertFalse(base.hasSockets());
        for (int number = 5; number <= 13; number++) {
            assertFalse(base.isExported(number));
            assertFalse(base.needsExportTable(number));
        }
    }

    @Test
    void numbersAsLibkrunAfterAnInitOf24Bytes() {
        Dialect libkrun = Dialect.of(24);
        assertTrue(libkrun.hasEvents());
        assertEquals(6, libkrun.eventType());
        assertFalse(libkrun.hasSockets());
        assertTrue(libkrun.isExported(5));
        assertFalse(libkrun.isExported(6));
        assertTrue(libkrun.needsExportTable(8));
        assertTrue(libkrun.needsExportTable(9));
        assertTrue(libkrun.needsExportTable(10));
        assertFalse(libkrun.needsExportTable(12));
    }

    @Test
    void numbersAsRutabagaAfterAnInitOf36Bytes() {
        Dialect rutabaga = Dialect.of(36);
        assertTrue(rutabaga.hasEvents());
        assertEquals(5, rutabaga.eventType());
        assertTrue(rutabaga.hasSockets());
        assertEquals(7, rutabaga.socketType());
        assertTrue(rutabaga.isExported(6));
        assertFalse(rutabaga.isExported(5));
        assertTrue(rutabaga.needsExportTable(8));
        assertTrue(rutabaga.needsExportTable(9));
        assertTrue(rutabaga.needsExportTable(10));
        assertTrue(rutabaga.needsExportTable(12));
        assertFalse(rutabaga.needsExportTable(13));
    }
}
