package dev.wayferry.proxy.crossdomain;

import dev.wayferry.bridge.Budget;
import dev.wayferry.bridge.MemoryFiles;
import dev.wayferry.posix.Memory;
import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.Posix;
import dev.wayferry.proxy.gpu.BlobSource;
import dev.wayferry.proxy.gpu.GpuRequest;
import dev.wayferry.wire.crossdomain.CrossDomain;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the identifiers of one context name. The host numbers its items from 2 up; the guest chooses the numbers of pipes
 * from 0x80000000 up, any it likes.
 */
final class Items {
    private static final int MAX_ITEMS = 1024;

    /** Received files that the guest has made no blob of; a guest that wants one does so before it asks for many more. */
    private static final int MAX_UNCLAIMED = 256;

    /** A guest with larger pages than ours asks for so much more than there is, at most. */
    private static final long LARGEST_GUEST_PAGE = 1 << 16;

    private final Map<Integer, Item> items = new HashMap<>();
    private final Map<Item.ImageTemplate, Integer> templates = new HashMap<>();
    private final ArrayDeque<Integer> unclaimed = new ArrayDeque<>();
    private final List<ReadPipe> readPipes = new ArrayList<>();
    private final List<WritePipe> writePipes = new ArrayList<>();
    private final Budget budget;
    private int counted;
    private int nextId = CrossDomain.FIRST_HOST_IDENTIFIER;
    private int nextPipe;

    /** @param budget what the items of all contexts share, as nearly each is an open file */
    Items(Budget budget) {
        this.budget = budget;
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
        return items.size() + count <= MAX_ITEMS && budget.hasRoom(items.size(), count);
    }

    /** Puts an item in under a number of the host's; it is closed with the context. */
    int add(Item item) {
        int id = nextId;
        do {
            nextId = nextId + 1 < 0 ? CrossDomain.FIRST_HOST_IDENTIFIER : nextId + 1;
        } while (items.containsKey(nextId));
        items.put(id, item);
        if (item instanceof WritePipe pipe) {
            writePipes.add(pipe);
        } else if (isClaimedOnce(item)) {
            unclaimed.add(id);
            if (unclaimed.size() > MAX_UNCLAIMED) {
                Item oldest = items.remove(unclaimed.remove());
                if (oldest != null) {
                    oldest.close();
                }
            }
        }
        count();
        return id;
    }

    /** Puts a pipe in under the number that the guest chose. */
    void add(ReadPipe pipe) {
        items.put(pipe.id(), pipe);
        readPipes.add(pipe);
        count();
    }

    /** Takes an item out; it is the caller's to close. */
    void remove(int id) {
        Item item = items.remove(id);
        count();
        if (item instanceof ReadPipe pipe) {
            readPipes.remove(pipe);
        } else if (item instanceof WritePipe pipe) {
            writePipes.remove(pipe);
        } else if (item != null && isClaimedOnce(item)) {
            unclaimed.remove(id);
        }
    }

    private static boolean isClaimedOnce(Item item) {
        return item instanceof Item.ReceivedFile || item instanceof Item.StandIn;
    }

    /**
     * The number of the template for an image of {@code size} bytes. Guests keep such numbers for ever, one for each size
     * that a window ever had, so sizes up to the same power of two share one.
     */
    int templateFor(long size, boolean plain) {
        long room = Long.highestOneBit(Math.max(size - 1, 1)) << 1;
        return templates.computeIfAbsent(new Item.ImageTemplate(room, plain), this::add);
    }

    /** The next pipe that has something to read, each in its turn; null when there is none. */
    @Nullable ReadPipe nextReadable() {
        for (int i = 0; i < readPipes.size(); i++) {
            int index = (nextPipe + i) % readPipes.size();
            if (readPipes.get(index).isReadable()) {
                nextPipe = index + 1;
                return readPipes.get(index);
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
                items.values().remove(pipe);
                count();
                writePipes.remove(i);
                pipe.close();
            }
        }
    }

    /** Why a blob of {@code size} bytes can't be made of {@code available} bytes; null when it can. */
    static @Nullable String fits(long size, long available) {
        long most = (available + LARGEST_GUEST_PAGE - 1) & -LARGEST_GUEST_PAGE;
        return size <= most ? null : "a blob of " + size + " bytes of a file of " + available;
    }

    /** Why a blob of {@code size} bytes can't be the dma-buf itself, which the VMM has to map writable and whole. */
    static @Nullable String fitsDmaBuf(long size, Item.ReceivedFile dmaBuf) {
        if ((Posix.statusFlags(dmaBuf.file().number()) & Posix.O_ACCMODE) != Posix.O_RDWR) {
            return "the dma-buf can't be mapped for writing";
        }
        return Memory.roundUpToPage(size) <= Memory.roundUpToPage(dmaBuf.size())
                ? null
                : "a blob of " + size + " bytes of a dma-buf of " + dmaBuf.size();
    }

    /** New memory, of zeros. */
    static BlobSource memorySource(long size) {
        return () -> MemoryFiles.allocate(size);
    }

    /** Takes the received file over: a dma-buf itself, anything else as a copy, for the foreign file may shrink. */
    static BlobSource fileSource(Item.ReceivedFile received, long size) {
        return () -> {
            if (received.dmaBuf()) {
                return received.file();
            }
            try (OwnedFd foreign = received.file()) {
                return MemoryFiles.copyOf(foreign, Math.min(size, received.size()), size);
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
        items.values().forEach(Item::close);
        items.clear();
        count();
        templates.clear();
        readPipes.clear();
        writePipes.clear();
        unclaimed.clear();
    }
}
