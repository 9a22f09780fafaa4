package dev.wayferry.examples.client;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * A window of one colour, over whose lower edge a bar of the opposite colour moves: an eighth of the width and
 * {@value #BAR_HEIGHT} pixels high. Every frame differs from the one before, and only the bar's old and new places are
 * damaged.
 */
public final class AnimatedWindow implements AutoCloseable {
    /** Pixels. */
    public static final int BAR_HEIGHT = 8;
    /** Pixels from frame to frame. */
    private static final int STEP = 4;

    /** The unused byte of each pixel: screenshots of Weston take it for opacity. */
    private static final int OPAQUE = 0xff000000;
    private static final int NOT_PAINTED = -1;

    private final ClientConnection connection;
    private final ShmWindow window;
    private final int color;
    private final int barWidth;
    private final int barHeight;
    private final FrameGaps gaps = new FrameGaps();
    /** Where the bar is in each buffer. */
    private final int[] barInBuffer = new int[ShmWindow.BUFFERS];
    /** Where the bar is in the frame shown last. */
    private int barShown = NOT_PAINTED;

    /** A window filled with {@code color}, 0xRRGGBB. */
    public AnimatedWindow(ClientConnection connection, int color, int width, int height, String title)
            throws IOException {
        this.connection = connection;
        this.color = color | OPAQUE;
        this.barWidth = Math.max(1, width / 8);
        this.barHeight = Math.min(BAR_HEIGHT, height);
        Arrays.fill(barInBuffer, NOT_PAINTED);
        window = new ShmWindow(connection, width, height, title, "dev.wayferry.client");
    }

    /** How many frames were shown. */
    public long frames() {
        return window.frames();
    }

    /** Whether the user asked to close the window. */
    public boolean isCloseAsked() {
        return window.isCloseAsked();
    }

    /** One line about the frames since this was last asked: how many, and the longest time between two. */
    public String report() {
        return gaps.report(System.nanoTime());
    }

    /** How many pixels have the window's own colour. */
    public int coloredPixels() {
        return window.width() * window.height() - barWidth * barHeight;
    }

    /**
     * Draws whenever the compositor wants a frame, until so many were shown, {@link System#nanoTime} reaches
     * {@code deadline}, or the user closes the window.
     */
    public void run(long frameCount, long deadline) throws IOException {
        while (window.frames() < frameCount && !window.isCloseAsked() && deadline - System.nanoTime() > 0) {
            connection.dispatchUntil(() -> window.isReady() || window.isCloseAsked(), deadline);
            if (window.isReady()) {
                draw();
            }
        }
        connection.flush();
    }

    /** Draws the next frame; only when the window is ready. */
    private void draw() {
        int buffer = window.freeBuffer();
        MemorySegment pixels = window.pixels(buffer);
        int range = Math.max(1, window.width() - barWidth + 1);
        int bar = (int) (window.frames() * STEP % range);
        if (barInBuffer[buffer] == NOT_PAINTED) {
            fill(pixels, 0, 0, window.width(), window.height(), color);
        } else {
            fill(pixels, barInBuffer[buffer], window.height() - barHeight, barWidth, barHeight, color);
        }
        fill(pixels, bar, window.height() - barHeight, barWidth, barHeight, ~color | OPAQUE);
        barInBuffer[buffer] = bar;
        if (barShown == NOT_PAINTED) {
            window.damage(0, 0, window.width(), window.height());
        } else {
            window.damage(barShown, window.height() - barHeight, barWidth, barHeight);
            window.damage(bar, window.height() - barHeight, barWidth, barHeight);
        }
        barShown = bar;
        window.show(buffer);
        gaps.frame(System.nanoTime());
    }

    private void fill(MemorySegment pixels, int left, int top, int width, int height, int value) {
        for (int y = top; y < top + height; y++) {
            long row = (long) y * window.width() + left;
            for (int x = 0; x < width; x++) {
                pixels.setAtIndex(JAVA_INT, row + x, value);
            }
        }
    }

    @Override
    public void close() {
        window.close();
    }
}
