package dev.wayferry.examples.client;

/** Counts frames, and keeps the longest time between two of them. Times are of {@link System#nanoTime}. */
final class FrameGaps {
    private static final long NANOS_PER_TENTH_MILLI = 100_000;

    private boolean begun;
    private long last;
    private long frames;
    private long longest;

    /** A frame was shown. */
    void frame(long now) {
        stretch(now);
        begun = true;
        last = now;
        frames++;
    }

    private void stretch(long now) {
        if (begun) {
            longest = Math.max(longest, now - last);
        }
    }

    /** One line about the frames since this was last asked. A gap that is not over yet counts too. */
    String report(long now) {
        stretch(now);
        long tenths = longest / NANOS_PER_TENTH_MILLI;
        String line = frames + " frames, longest gap " + tenths / 10 + "." + tenths % 10 + " ms";
        frames = 0;
        longest = 0;
        return line;
    }
}
