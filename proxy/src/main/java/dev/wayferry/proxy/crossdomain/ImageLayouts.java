package dev.wayferry.proxy.crossdomain;

import dev.wayferry.bridge.ImageAllocator;
import dev.wayferry.bridge.ImageLayout;
import dev.wayferry.bridge.ImageQuery;
import dev.wayferry.proxy.loop.EventLoop;
import dev.wayferry.proxy.loop.SideThreads;
import java.io.IOException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * How images will lie, for all contexts of one VM. An allocator that asks its device is asked on a thread of its own, as
 * that may block, and what it says is remembered. Belongs to the loop.
 */
final class ImageLayouts {
    /** The logarithm of how many layouts are remembered; a window that is being resized asks for a new one in each frame. */
    private static final int MAX_KNOWN_LOG = 8;

    private static final int MAX_KNOWN = 1 << MAX_KNOWN_LOG;

    /**
     * Queries of one context that the allocator has at a time, so that none waits for all that another asks; guests wait for
     * the answer of one before they send the next.
     */
    static final int OF_A_CONTEXT = 2;

    /**
     * What became of a query.
     *
     * @param query it
     * @param layout null if there is none
     * @param wrong why there is none
     */
    record Answer(ImageQuery query, @Nullable ImageLayout layout, String wrong) {}

    private final ImageAllocator allocator;
    private final EventLoop loop;

    /** Answers, each in the place that its query's numbers lead to, until another takes it. */
    private final @Nullable Answer[] known = new Answer[MAX_KNOWN];

    private final ThreadPoolExecutor asker;

    /** @param contexts how many there are at most, each of which asks {@link #OF_A_CONTEXT} at a time */
    ImageLayouts(ImageAllocator allocator, EventLoop loop, int contexts) {
        this.allocator = allocator;
        this.loop = loop;
        this.asker = new ThreadPoolExecutor(
                1, 1, 1, TimeUnit.SECONDS, new LinkedBlockingQueue<>(OF_A_CONTEXT * contexts),
                SideThreads.named("image layouts"));
        asker.allowCoreThreadTimeOut(true);
    }

    /** As the other. */
    @Nullable Answer known(ImageQuery query) {
        return known(query.width(), query.height(), query.fourcc(), query.flags());
    }

    /** What the answer was when this was asked before; null if that is not known any more. */
    @Nullable Answer known(int width, int height, int fourcc, int flags) {
        Answer answer = known[place(width, height, fourcc, flags)];
        if (answer == null) {
            return null;
        }
        ImageQuery query = answer.query();
        boolean same = query.width() == width && query.height() == height && query.fourcc() == fourcc
                && query.flags() == flags;
        return same ? answer : null;
    }

    private static int place(int width, int height, int fourcc, int flags) {
        int hash = ((width * 31 + height) * 31 + fourcc) * 31 + flags;
        return (hash * 0x9e3779b9) >>> -MAX_KNOWN_LOG;
    }

    /** Whether the allocator has to ask its device, which takes its time. */
    boolean asksDevice(ImageQuery query) {
        return !query.isForPlainMemory() && allocator.asksForLayouts();
    }

    /**
     * Tells {@code told} on the loop, once: now or later.
     *
     * @return what {@link #takeBack} takes, null if it was told now
     */
    @Nullable Runnable ask(ImageQuery query, Consumer<Answer> told) {
        if (query.isForPlainMemory()) {
            ImageLayout layout = ImageLayout.of(query.width(), query.height(), query.fourcc());
            told.accept(remember(new Answer(
                    query, layout, layout == null ? query + ": unknown format or size" : "")));
            return null;
        }
        if (!allocator.asksForLayouts()) {
            told.accept(remember(askNow(query)));
            return null;
        }
        Runnable task = () -> {
            Answer answer = askNow(query);
            // Where the loop has ended nobody waits any more.
            boolean unused = loop.post(() -> told.accept(remember(answer)));
        };
        try {
            asker.execute(task);
            return task;
        } catch (RejectedExecutionException e) {
            told.accept(new Answer(query, null, query + ": too many queries wait for the allocator already"));
            return null;
        }
    }

    /** Nobody waits for the answer any more: the allocator is not asked, if it has not been yet. */
    void takeBack(Runnable task) {
        boolean unused = asker.remove(task);
    }

    private Answer remember(Answer answer) {
        if (answer.layout() != null) {
            ImageQuery query = answer.query();
            known[place(query.width(), query.height(), query.fourcc(), query.flags())] = answer;
        }
        return answer;
    }

    private Answer askNow(ImageQuery query) {
        try {
            return new Answer(query, allocator.layout(query), "");
        } catch (IOException | RuntimeException e) {
            return new Answer(query, null, String.valueOf(e.getMessage()));
        }
    }

    void close() {
        var unused = asker.shutdownNow();
    }
}
