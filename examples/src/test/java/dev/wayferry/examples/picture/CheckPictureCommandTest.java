package dev.wayferry.examples.picture;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class CheckPictureCommandTest {
    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    private String first = "";
    private String second = "";

    @BeforeEach
    void paint() throws IOException {
        int[] pixels = new int[100 * 100];
        Arrays.fill(pixels, 0, 600, 0xff8800);
        Arrays.fill(pixels, 600, 1000, 0x123456);
        first = write("first.png", pixels.clone());
        Arrays.fill(pixels, 0, 500, 0);
        second = write("second.png", pixels);
    }

    private String write(String name, int[] pixels) throws IOException {
        Path file = folder.resolve(name);
        Png.write(new Picture(100, 100, pixels), file);
        return file.toString();
    }

    private static int check(String... args) {
        return new CommandLine(new CheckPictureCommand()).execute(args);
    }

    @Test
    void everyColourMustHaveEnoughPixels() {
        assertEquals(0, check(first, "ff8800", "000000"));
        assertEquals(1, check(first, "ff8800", "123456"));
        assertEquals(0, check("--min-pixels=400", first, "ff8800", "123456"));
        assertEquals(1, check(first, "abcdef"));
    }

    @Test
    void differentPicturesMustDifferInEnoughPixels() {
        assertEquals(0, check("--differs", first, second));
        assertEquals(1, check("--differs", first, first));
        assertEquals(1, check("--min-pixels=501", "--differs", first, second));
    }

    @Test
    void aFileThatIsNotThereOrAWrongCommandLineIsNoSuccess() {
        assertEquals(1, check(folder.resolve("none.png").toString(), "ff8800"));
        assertEquals(2, check(first));
        assertEquals(2, check(first, "orange"));
        assertEquals(2, check());
    }
}
