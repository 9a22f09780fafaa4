package dev.wayferry.proxy.crossdomain;

import dev.wayferry.proxy.gpu.GpuRequest;
import dev.wayferry.proxy.memory.GuestMemory;
import dev.wayferry.proxy.stats.Counter;
import dev.wayferry.proxy.stats.Counters;
import dev.wayferry.wire.gpu.VirtioGpu;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The channel ring: one page of guest memory, always written from its start, and the POLLs with which the guest allows
 * that.
 *
 * <p>Each completed POLL announces one message. From then until the guest's next POLL the page is the guest's and is not
 * touched; a POLL that was waiting already does not count, as the guest sent it before it had read the message.
 */
final class Mailbox {
    private final Supplier<GuestMemory> memory;
    private final Counters counters;
    private final ArrayDeque<GpuRequest> polls = new ArrayDeque<>();
    private @Nullable RingPage page;
    private boolean free;

    Mailbox(Supplier<GuestMemory> memory, Counters counters) {
        this.memory = memory;
        this.counters = counters;
    }

    /** Uses this page from now on; null when the guest has taken it away. */
    void page(@Nullable RingPage newPage) {
        page = newPage;
    }

    /** Keeps a POLL until there is a message. */
    void park(GpuRequest poll) {
        polls.add(poll);
        counters.add(Counter.PARKED_POLLS, 1);
        free = true;
    }

    /** The page to write a message into, or null when that is not allowed now. */
    @Nullable MemorySegment open() {
        RingPage current = page;
        return free && !polls.isEmpty() && current != null ? current.memory(memory.get()) : null;
    }

    /** The page holds a message: completes the oldest POLL. */
    void announce() {
        free = false;
        complete();
    }

    /** Completes all POLLs without a message: the context is gone. */
    void answerAll() {
        while (!polls.isEmpty()) {
            complete();
        }
    }

    private void complete() {
        counters.add(Counter.PARKED_POLLS, -1);
        polls.remove().respond(VirtioGpu.RESP_OK_NODATA);
    }

    /** Hands over the POLLs, to be let go of without an answer. */
    ArrayDeque<GpuRequest> takeAll() {
        ArrayDeque<GpuRequest> all = new ArrayDeque<>(polls);
        counters.add(Counter.PARKED_POLLS, -all.size());
        polls.clear();
        return all;
    }
}
