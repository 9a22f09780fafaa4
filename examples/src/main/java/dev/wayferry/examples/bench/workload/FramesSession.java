package dev.wayferry.examples.bench.workload;

import dev.wayferry.examples.bench.compositor.Arrivals;
import dev.wayferry.examples.bench.compositor.FrameMarks;
import dev.wayferry.examples.bench.guest.Finished;
import dev.wayferry.examples.bench.guest.Picture;
import dev.wayferry.examples.bench.guest.Pictures;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/** A program that shows frames, see {@link FramesWorkload}. */
final class FramesSession extends GuestSession {
    private static final int BUFFERS = 2;
    private static final int FIRST_FRAME_SLOT = 1;
    private static final int STRIPE_ROWS = 16;
    private static final long PATIENCE_NANOS = 1_000_000;

    private final Pictures.Kind kind;
    private final FrameMarks marks;
    private final long periodNanos;
    private final Arrivals arrivals;
    private final FrameRequests requests;
    private final List<Picture> pictures = new ArrayList<>();
    private final boolean[] sending = new boolean[BUFFERS];
    /** Of each buffer, the length of attach, damage and commit. */
    private final int[] lengths = new int[BUFFERS];

    private int shown;

    FramesSession(Subject subject, Pictures.Kind kind, int width, int height, long periodNanos) throws IOException {
        super(subject, FIRST_FRAME_SLOT + BUFFERS);
        this.kind = kind;
        this.marks = new FrameMarks(width, height);
        this.periodNanos = periodNanos;
        this.arrivals = subject.arrivals();
        this.requests = new FrameRequests(guest, connection);
        try {
            prepare(width, height);
        } catch (IOException | RuntimeException e) {
            close();
            throw e;
        }
    }

    private void prepare(int width, int height) throws IOException {
        sendNow(requests.bind(kind == Pictures.Kind.DMABUF));
        for (int i = 0; i < BUFFERS; i++) {
            Picture picture = guest.pictures().make(connection, kind, width, height);
            pictures.add(picture);
            int length = kind == Pictures.Kind.DMABUF
                    ? requests.dmaBuf(i, picture, width, height)
                    : requests.pool(i, picture, width, height);
            guest.pictures().share(connection, length, picture);
            lengths[i] = requests.frame(FIRST_FRAME_SLOT + i, i, width, height);
        }
    }

    private void sendNow(int length) throws IOException {
        guest.send(connection, 0, length);
        guest.kick();
        while (guest.next() == Finished.NOTHING) {
            guest.await();
        }
    }

    @Override
    public long run(int operations, Histogram latencies) throws IOException {
        arrivals.clear(shown + operations);
        int first = shown;
        long start = System.nanoTime() + periodNanos;
        for (; shown < first + operations; shown++) {
            if (shown >= first + BUFFERS) {
                awaitArrival(shown - BUFFERS);
            }
            draw();
            long due = start + (shown - first) * periodNanos;
            awaitDue(due);
            show();
        }
        for (int i = first; i < shown; i++) {
            long due = start + (i - first) * periodNanos;
            Latencies.record(latencies, awaitArrival(i) - due);
        }
        return arrivals.get(shown - 1) - start;
    }

    /** When the frame was there; the compositor is done with its buffer then. */
    long awaitArrival(int frame) throws IOException {
        while (arrivals.get(frame) == 0) {
            takeFinished();
            guest.await(PATIENCE_NANOS);
        }
        if (arrivals.get(frame) == Arrivals.WRONG) {
            throw new IOException("at the commit of frame " + frame + " the compositor saw another picture");
        }
        return arrivals.get(frame);
    }

    private void awaitDue(long due) throws IOException {
        takeFinished();
        for (long left = due - System.nanoTime(); left > 0; left = due - System.nanoTime()) {
            guest.await(left);
            takeFinished();
        }
        while (sending[shown % BUFFERS]) {
            guest.await();
            takeFinished();
        }
    }

    private void takeFinished() throws IOException {
        for (int next = guest.next(); next != Finished.NOTHING; next = guest.next()) {
            sending[Finished.slot(next) - FIRST_FRAME_SLOT] = false;
        }
    }

    private void draw() {
        Picture picture = pictures.get(shown % BUFFERS);
        int rows = Math.min(STRIPE_ROWS, marks.height());
        int top = (int) ((long) shown * rows % (marks.height() - rows + 1));
        MemorySegment pixels = picture.memory();
        long end = picture.at(marks.width() - 1, top + rows - 1);
        for (long at = picture.at(0, top); at <= end; at += Integer.BYTES) {
            pixels.set(ValueLayout.JAVA_INT, at, FrameMarks.value(shown));
        }
        marks.put(pixels, picture.stride(), shown);
    }

    private void show() throws IOException {
        int buffer = shown % BUFFERS;
        guest.send(connection, FIRST_FRAME_SLOT + buffer, lengths[buffer]);
        guest.kick();
        sending[buffer] = true;
    }

    @Override
    public @Nullable String note() {
        return kind == Pictures.Kind.GUEST && subject.backEnd().isGpu() ? GuestMemory.note() : null;
    }

    @Override
    public void close() throws IOException {
        // The memory goes last, as programs' does.
        List<Picture> freed = List.copyOf(pictures);
        pictures.clear();
        for (Picture picture : freed) {
            guest.pictures().free(connection, picture);
        }
        super.close();
    }
}
