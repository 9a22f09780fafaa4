package dev.wayferry.proxy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine.TypeConversionException;

class ChannelOptionTest {
    private final ChannelOption.Converter converter = new ChannelOption.Converter();

    @ParameterizedTest
    @CsvSource({
        "camera, 2", "2, 2", "3, 3", "pipewire, 0x10", "16, 0x10", "x11, 0x11", "0x11, 0x11", "dbus-session, 0x12",
        "dbus-system, 0x13", "31, 31", "0x1f, 31"
    })
    void knowsTypesByNameAndByNumber(String text, int type) {
        assertEquals(new ChannelOption(type, "/tmp/a=b,c"), converter.convert(text + "=/tmp/a=b,c"));
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "", "x11", "=", "=/tmp/x", "x11=", "x11= ", "x11=@", "X12=/tmp/x", "wayland=/tmp/x", "1=/tmp/x", "0=/tmp/x",
        "32=/tmp/x", "0x=/tmp/x", "0x20=/tmp/x", "-1=/tmp/x", "0x-1=/tmp/x", "internal-socket=/tmp/x", "99999999999=/tmp/x"
    })
    void refusesWhatNamesNoTypeOrNoSocket(String value) {
        assertThrows(TypeConversionException.class, () -> converter.convert(value));
    }

    @Test
    void refusesAPathThatFitsNoSocketAddress() {
        assertEquals(107, converter.convert("5=" + "x".repeat(107)).socket().length());
        assertThrows(TypeConversionException.class, () -> converter.convert("5=" + "x".repeat(108)));
    }
}
