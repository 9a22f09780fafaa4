package dev.wayferry.examples.bench.compositor;

/** A stream of {@link BenchProtocol#TICK} that a client asked for: what is due when. */
final class EventStream {
    /** Before the first message, so that whoever asked is waiting by then. */
    private static final long LEAD_NANOS = 1_000_000;

    private final int count;
    private final int burst;
    private final long intervalNanos;
    private final int size;
    private final long start;
    private int sent;

    EventStream(int count, int burst, long intervalNanos, int size, long now) {
        if (count < 0 || burst < 1 || intervalNanos < 0 || size < BenchProtocol.TICK_LENGTH
                || size > EchoClient.MAX_EVENT || size % Integer.BYTES != 0) {
            throw new IllegalArgumentException("a stream of " + count + " messages of " + size + " bytes, " + burst
                    + " every " + intervalNanos + " ns");
        }
        this.count = count;
        this.burst = burst;
        this.intervalNanos = intervalNanos;
        this.size = size;
        this.start = now + LEAD_NANOS;
    }

    boolean isOver() {
        return sent == count;
    }

    /** When the next message is due. */
    long due() {
        return start + sent / burst * intervalNanos;
    }

    /** Puts what is due at {@code now} into the client's buffer, as far as there is room. */
    void produce(EchoClient client, long now) {
        while (sent < count && due() - now <= 0 && client.hasRoom(size)) {
            // Without a pace there is no time when a message is due but the one at which there is room for it.
            client.tick(sent, intervalNanos == 0 ? now : due(), size);
            sent++;
        }
    }
}
