package dev.wayferry.examples.bench.workload;

import dev.wayferry.examples.bench.guest.Pictures;
import java.io.IOException;

/**
 * Frames at a steady rate, from a program that has two buffers: attach, damage of all and commit at each deadline. The
 * latency is from the deadline to the commit's arrival at the compositor, which looks whether this frame is there; it is
 * late if it arrives after the next one's deadline.
 *
 * <p>A frame is drawn before its deadline, its marks and a stripe of it: to draw 33 MB of 4K takes a processor longer than
 * there is time for at 144 Hz, and what it would measure is the guest's memory.
 */
final class FramesWorkload implements Workload {
    private static final long NANOS_PER_SECOND = 1_000_000_000;

    private final Size size;
    private final int perSecond;
    private final Pictures.Kind kind;

    /** How large the pictures are. */
    enum Size {
        TINY("tiny", 64, 64),
        FULL_HD("1080p", 1920, 1080),
        UHD("4k", 3840, 2160);

        final String label;
        final int width;
        final int height;

        Size(String label, int width, int height) {
            this.label = label;
            this.width = width;
            this.height = height;
        }
    }

    FramesWorkload(Size size, int perSecond, Pictures.Kind kind) {
        this.size = size;
        this.perSecond = perSecond;
        this.kind = kind;
    }

    @Override
    public String name() {
        return "frames-" + size.label + perSecond + "-" + switch (kind) {
            case SHM -> "shm";
            case GUEST -> "guest";
            case DMABUF -> "dmabuf";
        };
    }

    @Override
    public double operationsPerMilli() {
        return perSecond / 1e3;
    }

    @Override
    public long lateAfterNanos() {
        return NANOS_PER_SECOND / perSecond;
    }

    private Session frames(Subject subject) throws IOException {
        return new FramesSession(subject, kind, size.width, size.height, lateAfterNanos());
    }

    @Override
    public Session open(Subject subject) throws IOException {
        // Of the host process options decide what becomes of guest memory; a floor started anew would be a cold one.
        if (kind != Pictures.Kind.GUEST || !subject.backEnd().isGpu()) {
            return Capability.open(subject, this::frames);
        }
        return Capability.open(
                subject, each -> OwnProcess.open(each, name(), GuestMemory.options(), this::frames));
    }
}
