package dev.wayferry.examples.picture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PngTest {
    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    @Test
    void aPictureComesBackAsItWas() throws IOException {
        Picture picture = noise(37, 23);
        Path file = folder.resolve("a.png");
        Png.write(picture, file);
        assertEquals(picture, Png.read(file));
        try (var left = Files.list(folder)) {
            assertEquals(1, left.count(), "nothing but the file is left");
        }
    }

    @Test
    void othersReadWhatIsWritten() throws IOException {
        Picture picture = noise(11, 5);
        BufferedImage read = ImageIO.read(new ByteArrayInputStream(Png.encode(picture)));
        assertEquals(picture, picture(read));
    }

    @ParameterizedTest
    @ValueSource(
            ints = {
                BufferedImage.TYPE_INT_RGB,
                BufferedImage.TYPE_INT_ARGB,
                BufferedImage.TYPE_BYTE_GRAY,
                BufferedImage.TYPE_BYTE_INDEXED
            })
    void readsWhatOthersWrite(int type) throws IOException {
        var image = new BufferedImage(64, 48, type);
        for (int y = 0; y < 48; y++) {
            for (int x = 0; x < 64; x++) {
                image.setRGB(x, y, 0xff000000 | x * 4 << 16 | y * 5 << 8 | (x ^ y));
            }
        }
        var file = new ByteArrayOutputStream();
        ImageIO.write(image, "png", file);
        assertEquals(picture(ImageIO.read(new ByteArrayInputStream(file.toByteArray()))), Png.decode(file.toByteArray()));
    }

    @Test
    void refusesWhatIsNoPng() {
        assertThrows(IOException.class, () -> Png.decode(new byte[0]));
        assertThrows(IOException.class, () -> Png.decode(new byte[64]));
    }

    @Test
    void refusesAFileThatEndsTooEarly() throws IOException {
        byte[] whole = Png.encode(noise(20, 20));
        for (int length = 0; length < whole.length - 1; length++) {
            byte[] part = Arrays.copyOf(whole, length);
            assertThrows(IOException.class, () -> Png.decode(part));
        }
    }

    @Test
    void countsPixelsOfAColourAndDifferences() {
        var picture = new Picture(2, 2, new int[] {0xff112233, 0x00112233, 0xff000000, 0xff445566});
        assertEquals(2, picture.count(0x112233));
        assertEquals(0, picture.count(0x999999));
        assertEquals(0x445566, picture.rgb(1, 1));
        assertEquals(1, picture.differences(new Picture(2, 2, new int[] {0x112233, 0x112233, 0, 0})));
        assertEquals(6, picture.differences(new Picture(3, 2, new int[6])));
    }

    private static Picture noise(int width, int height) {
        var random = new Random(5);
        return new Picture(width, height, random.ints((long) width * height).toArray());
    }

    private static Picture picture(BufferedImage image) {
        int width = image.getWidth();
        int height = image.getHeight();
        // By getRGB grey values would go through a colour space.
        int[] pixels = new int[width * height];
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                pixels[y * width + x] = image.getType() == BufferedImage.TYPE_BYTE_GRAY
                        ? image.getRaster().getSample(x, y, 0) * 0x010101
                        : image.getRGB(x, y);
            }
        }
        return new Picture(width, height, pixels);
    }
}
