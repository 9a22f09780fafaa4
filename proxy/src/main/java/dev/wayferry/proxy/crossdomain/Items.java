package dev.wayferry.proxy.crossdomain;

import dev.wayferry.bridge.Budget;
import dev.wayferry.bridge.MemoryFiles;
import dev.wayferry.posix.Memory;
import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.Posix;
import dev.wayferry.posix.PosixException;
import dev.wayferry.proxy.gpu.BlobSource;
import dev.wayferry.proxy.gpu.GpuRequest;
import dev.wayferry.proxy.gpu.NumberedTable;
import dev.wayferry.proxy.limit.Limit;
import dev.wayferry.proxy.stats.Counter;
import dev.wayferry.proxy.stats.Counters;
import dev.wayferry.wire.crossdomain.CrossDomain;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the identifiers of one context name. The host numbers its items from 2 up; the guest chooses the numbers of pipes
 * from 0x80000000 up, any it likes.
 */
final class Items {
    /** Received files that the guest has made nothing of; a guest that wants one does so before it asks for many more. */
    private static final int MAX_UNCLAIMED = 256;

    /** Eventfds of one context. Guests drop none while they live, so the one that was of no use for longest goes. */
    private static final int MAX_EVENTS = 512;

    /** A guest with larger pages than ours asks for so much more than there is, at most. */
    private static final long LARGEST_GUEST_PAGE = 1 << 16;

    private final NumberedTable<Item> items = new NumberedTable<>();

    /** The numbers of the templates for images, and of those for plain memory, of each power of two of bytes; 0 for none. */
    private final int[][] templates = new int[2][Long.SIZE];

    private final ArrayDeque<Integer> unclaimed = new ArrayDeque<>();
    private final LinkedHashMap<Integer, EventFile> events = new LinkedHashMap<>(16, 0.75f, true);
    private final List<ReadSource> readSources = new ArrayList<>();
    private final List<WritePipe> writePipes = new ArrayList<>();
    private final Budget budget;
    private final int most;
    private final Closer closer;
    private int counted;
    private int nextId = CrossDomain.FIRST_HOST_IDENTIFIER;
    private int nextSource;

    /**
     * @param budget what the items of all contexts share, as nearly each is an open file
     * @param most how many there may be in this context
     */
    Items(Budget budget, int most, Closer closer) {
        this.budget = budget;
        this.most = most;
        this.closer = closer;
    }

    private void count() {
        budget.take(items.size() - counted);
        counted = items.size();
    }

    @Nullable Item get(int id) {
        return items.get(id);
    }

    /** Whether there is room for {@code count} items more. */
    boolean hasRoom(int count) {
        return items.size() + count <= most && budget.hasRoom(items.size(), count);
    }

    /** Why there is no room. */
    String tooMany() {
        return items.size() + " pipes and files already, see --limit=" + Limit.CONTEXT_ITEMS + " and " + Limit.ITEMS;
    }

    /** Puts an item in under a number of the host's; it is closed with the context. */
    int add(Item item) {
        int id = nextId;
        do {
            nextId = nextId + 1 < 0 ? CrossDomain.FIRST_HOST_IDENTIFIER : nextId + 1;
        } while (items.contains(nextId));
        items.put(id, item);
        if (item instanceof WritePipe pipe) {
            pipe.number(id);
            writePipes.add(pipe);
        } else if (item instanceof EventFile event) {
            events.put(id, event);
            if (events.size() > MAX_EVENTS) {
                drop(events.firstEntry().getKey());
            }
        } else if (isClaimedOnce(item)) {
            unclaimed.add(id);
            if (unclaimed.size() > MAX_UNCLAIMED) {
                drop(unclaimed.getFirst());
            }
        }
        count();
        return id;
    }

    /** Puts a pipe in under the number that the guest chose. */
    void add(ReadPipe pipe) {
        items.put(pipe.id(), pipe);
        readSources.add(pipe);
        count();
    }

    /** Begins to give the guest what comes of an eventfd; if that is done already, all is well. */
    void watch(int id, EventFile event) throws PosixException {
        if (!event.isWatched()) {
            event.watch(id);
            readSources.add(event);
        }
    }

    /** The eventfd of this number, which from now on is the one used last. */
    @Nullable EventFile useEvent(int id) {
        return events.get(id);
    }

    /** Takes an item out and closes it. */
    void drop(int id) {
        Item item = items.get(id);
        remove(id);
        if (item != null) {
            item.close(closer);
        }
    }

    /** Takes an item out; it is the caller's to close. */
    void remove(int id) {
        Item item = items.remove(id);
        count();
        events.remove(id);
        if (item instanceof ReadSource source) {
            readSources.remove(source);
        } else if (item instanceof WritePipe pipe) {
            writePipes.remove(pipe);
        } else if (item != null && isClaimedOnce(item)) {
            unclaimed.remove(id);
        }
    }

    private static boolean isClaimedOnce(Item item) {
        return item instanceof Item.ReceivedFile || item instanceof Item.StandIn || item instanceof Item.ReceivedSocket;
    }

    /**
     * The number of the template for an image of {@code size} bytes. Guests keep such numbers for ever, one for each size
     * that a window ever had, so sizes up to the same power of two share one.
     */
    int templateFor(long size, boolean plain) {
        int log = Long.SIZE - Long.numberOfLeadingZeros(Math.max(size - 1, 1));
        int[] numbers = templates[plain ? 1 : 0];
        if (numbers[log] == 0) {
            numbers[log] = add(new Item.ImageTemplate(1L << log, plain));
        }
        return numbers[log];
    }

    /** The next pipe or eventfd that has something to read, each in its turn; null when there is none. */
    @Nullable ReadSource nextReadable() {
        for (int i = 0; i < readSources.size(); i++) {
            int index = (nextSource + i) % readSources.size();
            if (readSources.get(index).isReadable()) {
                nextSource = index + 1;
                return readSources.get(index);
            }
        }
        return null;
    }

    /** Writes what waits for pipes that have room again. */
    void flush() {
        for (int i = writePipes.size() - 1; i >= 0; i--) {
            WritePipe pipe = writePipes.get(i);
            pipe.flush();
            if (pipe.isDone()) {
                drop(pipe.id());
            }
        }
    }

    /** Why a blob of {@code size} bytes can't be made of {@code available} bytes; null when it can. */
    static @Nullable String fits(long size, long available) {
        long most = (available + LARGEST_GUEST_PAGE - 1) & -LARGEST_GUEST_PAGE;
        return size <= most ? null : "a blob of " + size + " bytes of a file of " + available;
    }

    /** Why a blob of {@code size} bytes can't be the file itself, which the VMM has to map writable and whole. */
    static @Nullable String fitsShared(long size, Item.ReceivedFile file) {
        if (!isReadWrite(file.file().number())) {
            return "the file can't be mapped for writing";
        }
        return Memory.roundUpToPage(size) <= Memory.roundUpToPage(file.size())
                ? null
                : "a blob of " + size + " bytes of a file of " + file.size();
    }

    private static boolean isReadWrite(int file) {
        return (Posix.statusFlags(file) & Posix.O_ACCMODE) == Posix.O_RDWR;
    }

    /**
     * Whether a VMM can map this memory file itself, writable: nobody can cut it off under the guest. PipeWire's memory is
     * such, and means something only as long as both sides see what the other writes.
     */
    static boolean canBeShared(int file) {
        int seals = Memory.seals(file);
        return seals >= 0
                && (seals & Memory.F_SEAL_SHRINK) != 0
                && (seals & (Memory.F_SEAL_WRITE | Memory.F_SEAL_FUTURE_WRITE)) == 0
                && isReadWrite(file);
    }

    /** New memory, of zeros. */
    static BlobSource memorySource(long size) {
        return () -> MemoryFiles.allocate(size);
    }

    /** Takes the received file over: what is shared itself, anything else as a copy, for the foreign file may shrink. */
    static BlobSource fileSource(Item.ReceivedFile received, long size, Counters counters) {
        return () -> {
            if (received.shared()) {
                return received.file();
            }
            try (OwnedFd foreign = received.file()) {
                long bytes = Math.min(size, received.size());
                counters.copied(Counter.COPIED_FILES, bytes);
                return MemoryFiles.copyOf(foreign, bytes, size);
            }
        };
    }

    /** Hands over the requests that pipes still hold. */
    ArrayDeque<GpuRequest> takeHeld() {
        ArrayDeque<GpuRequest> held = new ArrayDeque<>();
        writePipes.forEach(pipe -> held.addAll(pipe.takeHeld()));
        return held;
    }

    void close() {
        items.forEach(item -> item.close(closer));
        items.clear();
        count();
        Arrays.fill(templates[0], 0);
        Arrays.fill(templates[1], 0);
        readSources.clear();
        events.clear();
        writePipes.clear();
        unclaimed.clear();
    }
}
