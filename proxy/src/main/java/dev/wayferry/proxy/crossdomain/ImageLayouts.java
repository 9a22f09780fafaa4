package dev.wayferry.proxy.crossdomain;

import dev.wayferry.bridge.ImageAllocator;
import dev.wayferry.bridge.ImageLayout;
import dev.wayferry.bridge.ImageQuery;
import dev.wayferry.proxy.loop.EventLoop;
import dev.wayferry.proxy.loop.SideThreads;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
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
    /** Layouts remembered; a window that is being resized asks for a new one in each frame. */
    private static final int MAX_KNOWN = 256;

    /** Queries that wait for the allocator, of all contexts; guests wait for the answer of one before they send the next. */
    private static final int MAX_WAITING = 32;

    /**
     * What became of a query.
     *
     * @param layout null if there is none
     * @param wrong why there is none
     */
    record Answer(@Nullable ImageLayout layout, String wrong) {}

    private final ImageAllocator allocator;
    private final EventLoop loop;
    private final Map<ImageQuery, Answer> known = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<ImageQuery, Answer> eldest) {
            return size() > MAX_KNOWN;
        }
    };
    private final ThreadPoolExecutor asker = new ThreadPoolExecutor(
            1, 1, 1, TimeUnit.SECONDS, new ArrayBlockingQueue<>(MAX_WAITING),
            SideThreads.named("image layouts"));

    ImageLayouts(ImageAllocator allocator, EventLoop loop) {
        this.allocator = allocator;
        this.loop = loop;
        asker.allowCoreThreadTimeOut(true);
    }

    /** Tells {@code told} on the loop, once: now or later. */
    void ask(ImageQuery query, Consumer<Answer> told) {
        if (query.isForPlainMemory()) {
            ImageLayout layout = ImageLayout.of(query.width(), query.height(), query.fourcc());
            told.accept(new Answer(layout, query + ": unknown format or size"));
            return;
        }
        if (!allocator.asksForLayouts()) {
            told.accept(askNow(query));
            return;
        }
        Answer before = known.get(query);
        if (before != null) {
            told.accept(before);
            return;
        }
        try {
            asker.execute(() -> {
                Answer answer = askNow(query);
                // Where the loop has ended nobody waits any more.
                boolean unused = loop.post(() -> {
                    remember(query, answer);
                    told.accept(answer);
                });
            });
        } catch (RejectedExecutionException e) {
            told.accept(new Answer(null, query + ": too many queries wait for the allocator already"));
        }
    }

    private void remember(ImageQuery query, Answer answer) {
        if (answer.layout() != null) {
            known.put(query, answer);
        }
    }

    private Answer askNow(ImageQuery query) {
        try {
            return new Answer(allocator.layout(query), "");
        } catch (IOException | RuntimeException e) {
            return new Answer(null, String.valueOf(e.getMessage()));
        }
    }

    void close() {
        var unused = asker.shutdownNow();
    }
}
