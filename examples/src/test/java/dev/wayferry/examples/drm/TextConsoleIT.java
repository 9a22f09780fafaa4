package dev.wayferry.examples.drm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wayferry.examples.host.WayferryProcess;
import dev.wayferry.examples.picture.Picture;
import dev.wayferry.examples.picture.Png;
import dev.wayferry.examples.testing.RealGuest;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The text console of a real guest, which Linux draws into the GPU's scanout, in a file. No picture of the font is kept here:
 * a line of known text has to show the same shape wherever it has the same letter, and others elsewhere.
 */
final class TextConsoleIT {
    /** The size of Linux's usual font, by which it writes on screens that are not very large. */
    private static final int CELL_WIDTH = 8;

    private static final int CELL_HEIGHT = 16;
    private static final String LINE = "wayferry shows what a guest writes";

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    @ParameterizedTest
    @ValueSource(strings = "6.12")
    void theGuestsTextConsoleIsInThePicture(String kernel) throws Exception {
        RealGuest guest = new RealGuest(folder, kernel);
        Path file = folder.resolve("screen.png");
        try (WayferryProcess process = WayferryProcess.in(folder)
                .waylandDisplay(folder.resolve("nobody").toString())
                .argument("--scanout=png:" + file)
                .start()) {
            String console = guest.boot(
                    "printf '\\033[2J\\033[H\\033[?25l' > /dev/tty0; sleep 2\n"
                            + "printf '" + LINE + "' > /dev/tty0; sleep 2\n",
                    process.socket(),
                    "--screen");
            while (process.log().contains("a VMM has connected") && !process.log().contains("the VMM has gone")) {
                Thread.sleep(20);
            }
            assertTrue(process.isAlive(), process.log());
            assertEquals(0, process.stop());
            Picture picture = Png.read(file);
            assertEquals(1280, picture.width(), console);
            assertEquals(800, picture.height(), console);
            assertTrue(isWritten(picture), () -> "the picture has not the line; the guest's console: " + console);
        }
    }

    /** Whether somewhere on the screen the line is written from the left edge on. */
    private static boolean isWritten(Picture picture) {
        for (int y = 0; y + CELL_HEIGHT <= picture.height(); y += CELL_HEIGHT) {
            if (isWrittenAt(picture, y)) {
                return true;
            }
        }
        return false;
    }

    private static boolean isWrittenAt(Picture picture, int y) {
        Map<Character, String> shapes = new HashMap<>();
        Map<String, Character> letters = new HashMap<>();
        for (int i = 0; i < LINE.length(); i++) {
            char letter = LINE.charAt(i);
            String shape = shape(picture, i * CELL_WIDTH, y);
            String known = shapes.putIfAbsent(letter, shape);
            Character other = letters.putIfAbsent(shape, letter);
            if ((known != null && !known.equals(shape)) || (other != null && other != letter)) {
                return false;
            }
        }
        return true;
    }

    /** The pixels of a cell. */
    private static String shape(Picture picture, int left, int top) {
        StringBuilder shape = new StringBuilder();
        for (int y = top; y < top + CELL_HEIGHT; y++) {
            for (int x = left; x < left + CELL_WIDTH; x++) {
                shape.append(picture.rgb(x, y)).append(' ');
            }
        }
        return shape.toString();
    }
}
