package dev.wayferry.proxy.stats;

import com.sun.management.ThreadMXBean;
import dev.wayferry.posix.Errno;
import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.Posix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;

/**
 * Answers each byte that comes on a descriptor with one line of JSON. On a thread of its own, which reads what the loop
 * counts: the loop neither waits for it nor allocates anything for it.
 */
public final class StatsTeller {
    private static final int MOST_AT_ONCE = 64;

    private final OwnedFd descriptor;
    private final Counters counters;
    private final ThreadMXBean threads = ManagementFactory.getPlatformMXBean(ThreadMXBean.class);

    private StatsTeller(OwnedFd descriptor, Counters counters) {
        this.descriptor = descriptor;
        this.counters = counters;
    }

    /** Takes ownership of {@code descriptor}, which can be read and written and blocks, and answers until it ends. */
    public static Thread start(OwnedFd descriptor, Counters counters) {
        return Thread.ofPlatform().name("stats").daemon().start(new StatsTeller(descriptor, counters)::run);
    }

    private void run() {
        try (descriptor; Arena arena = Arena.ofConfined()) {
            MemorySegment requests = arena.allocate(MOST_AT_ONCE);
            boolean open = true;
            while (open) {
                long count = Posix.read(descriptor.number(), requests);
                open = count > 0 || count == -Errno.EINTR;
                for (long i = 0; i < count && open; i++) {
                    open = tell(line());
                }
            }
        }
    }

    private boolean tell(String line) {
        byte[] bytes = line.getBytes(StandardCharsets.UTF_8);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment rest = arena.allocate(bytes.length).copyFrom(MemorySegment.ofArray(bytes));
            while (rest.byteSize() > 0) {
                long written = Posix.write(descriptor.number(), rest);
                if (written >= 0) {
                    rest = rest.asSlice(written);
                } else if (written != -Errno.EINTR) {
                    return false;
                }
            }
            return true;
        }
    }

    /** All counters, and what the loop's thread has allocated; null between VMMs. */
    private String line() {
        StringBuilder all = new StringBuilder("{");
        StringBuilder copies = new StringBuilder();
        long copied = 0;
        for (Counter counter : Counter.values()) {
            long value = counters.get(counter);
            if (counter.isCopy()) {
                copied += value;
            }
            StringBuilder to = counter.isCopy() ? copies : all;
            to.append('"').append(counter.key()).append("\":").append(value).append(',');
        }
        copies.setLength(copies.length() - 1);
        all.append("\"bytes_copied\":").append(copied).append(",\"copied\":{").append(copies).append("},\"alloc_bytes\":");
        long thread = counters.loopThread();
        long allocated = thread < 0 ? -1 : threads.getThreadAllocatedBytes(thread);
        if (allocated < 0) {
            all.append("null");
        } else {
            all.append(allocated);
        }
        return all.append("}\n").toString();
    }
}
