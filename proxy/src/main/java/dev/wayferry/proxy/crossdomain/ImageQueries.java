package dev.wayferry.proxy.crossdomain;

import static dev.wayferry.wire.gpu.VirtioGpu.RESP_ERR_INVALID_PARAMETER;
import static dev.wayferry.wire.gpu.VirtioGpu.RESP_OK_NODATA;

import dev.wayferry.bridge.ImageLayout;
import dev.wayferry.bridge.ImageQuery;
import dev.wayferry.proxy.gpu.GpuRequest;
import dev.wayferry.wire.crossdomain.CrossDomainGetImageRequirements;
import dev.wayferry.wire.crossdomain.CrossDomainImageRequirements;
import dev.wayferry.wire.gpu.VirtioGpu;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The GET_IMAGE_REQUIREMENTS of one context: each waits until the allocator has said how the image will lie, and is then
 * answered in the query ring. Belongs to the loop.
 */
final class ImageQueries {
    private static final Logger LOG = LoggerFactory.getLogger(ImageQueries.class);

    /** Queries of the context that wait while the allocator is asked. */
    private static final int MAX_WAITING = 32;

    private final String name;
    private final CrossDomainFactory shared;
    private final Items items;
    private final Supplier<@Nullable MemorySegment> queryRing;
    private final Runnable ready;
    private final ArrayDeque<Asked> asked = new ArrayDeque<>();

    /** Those of them that the allocator has. */
    private int underWay;

    private final CrossDomainGetImageRequirements command = new CrossDomainGetImageRequirements();

    /** Where an answer is made before it is copied to the guest, once. */
    private final MemorySegment bytes = Arena.ofAuto().allocate(CrossDomainImageRequirements.LENGTH, Long.BYTES);

    /** The answer that is there now. */
    private ImageLayouts.@Nullable Answer made;

    private final CrossDomainImageRequirements requirements = new CrossDomainImageRequirements();

    /** A query that waits. */
    private static final class Asked {
        final GpuRequest request;
        final ImageQuery query;
        boolean begun;
        @Nullable Runnable task;
        ImageLayouts.@Nullable Answer answer;

        Asked(GpuRequest request, ImageQuery query) {
            this.request = request;
            this.query = query;
        }
    }

    /**
     * @param name the context's, for logs
     * @param queryRing the page where answers go, null when there is none
     * @param ready asks for {@link #flush}
     */
    ImageQueries(
            String name,
            CrossDomainFactory shared,
            Items items,
            Supplier<@Nullable MemorySegment> queryRing,
            Runnable ready) {
        this.name = name;
        this.shared = shared;
        this.items = items;
        this.queryRing = queryRing;
        this.ready = ready;
        requirements.wrap(bytes, 0);
    }

    /** Takes a command of {@code fixed} bytes. */
    void take(GpuRequest request, int fixed) {
        if (fixed < CrossDomainGetImageRequirements.LENGTH || queryRing.get() == null) {
            fail(request, "of " + fixed + " bytes, "
                    + (queryRing.get() == null
                            ? "without a query ring"
                            : "not " + CrossDomainGetImageRequirements.LENGTH));
            return;
        }
        command.wrap(request.fixed(), CrossDomainContext.COMMAND_OFFSET);
        ImageLayouts.Answer known =
                shared.layouts.known(command.width(), command.height(), command.drmFormat(), command.flags());
        if (known != null) {
            answer(request, known);
            return;
        }
        ImageQuery query = new ImageQuery(command.width(), command.height(), command.drmFormat(), command.flags());
        Asked one = new Asked(request, query);
        if (!shared.layouts.asksDevice(query)) {
            asked.add(one);
            begin(one);
        } else if (asked.size() >= MAX_WAITING) {
            answer(request, new ImageLayouts.Answer(
                    query, null, query + ": " + asked.size() + " queries wait for the allocator already"));
        } else {
            asked.add(one);
            beginNext();
        }
    }

    /** Has the allocator asked what waits for that, as far as it is this context's turn. */
    private void beginNext() {
        for (Asked one : asked) {
            if (underWay == ImageLayouts.OF_A_CONTEXT) {
                return;
            }
            if (!one.begun) {
                // One before it may have asked for the same.
                one.answer = shared.layouts.known(one.query);
                if (one.answer == null) {
                    begin(one);
                } else {
                    one.begun = true;
                    ready.run();
                }
            }
        }
    }

    private void begin(Asked one) {
        one.begun = true;
        underWay++;
        one.task = shared.layouts.ask(one.query, answer -> {
            underWay--;
            one.answer = answer;
            beginNext();
            ready.run();
        });
    }

    /** Answers what can be. */
    void flush() {
        if (asked.isEmpty()) {
            // As with nearly each message, for which the JVM makes an iterator or does not, as it sees fit.
            return;
        }
        for (var each = asked.iterator(); each.hasNext(); ) {
            Asked one = each.next();
            if (one.answer != null) {
                each.remove();
                answer(one.request, one.answer);
            }
        }
    }

    @SuppressWarnings("ReferenceEquality") // an answer that is remembered is the same one
    private void answer(GpuRequest request, ImageLayouts.Answer answer) {
        MemorySegment page = queryRing.get();
        if (page == null) {
            fail(request, "for " + answer.query() + ": the query ring is gone");
            return;
        }
        if (answer != made) {
            make(answer);
        }
        MemorySegment.copy(bytes, 0, page, 0, CrossDomainImageRequirements.LENGTH);
        if (answer.layout() == null) {
            fail(request, "for " + answer.wrong());
        } else {
            request.respond(RESP_OK_NODATA);
        }
    }

    private void make(ImageLayouts.Answer answer) {
        // A size of 0 tells a guest that the query failed.
        bytes.fill((byte) 0);
        requirements.memoryIdx(-1).physicalDeviceIdx(-1);
        ImageLayout layout = answer.layout();
        if (layout != null) {
            boolean plain = answer.query().isForPlainMemory();
            for (int plane = 0; plane < ImageLayout.MAX_PLANES; plane++) {
                requirements.strides(plane, layout.strides()[plane]).offsets(plane, layout.offsets()[plane]);
            }
            requirements.modifier(layout.modifier())
                    .size(layout.size())
                    .blobId(items.templateFor(layout.size(), plain))
                    .mapInfo(plain
                            ? VirtioGpu.MAP_CACHE_CACHED
                            : ImageSource.mapInfo(shared.settings.allocator()));
        }
        made = answer;
    }

    /** Hands over the requests that still wait. */
    ArrayDeque<GpuRequest> takeHeld() {
        ArrayDeque<GpuRequest> held = new ArrayDeque<>();
        for (Asked one : asked) {
            held.add(one.request);
            if (one.task != null) {
                shared.layouts.takeBack(one.task);
            }
        }
        asked.clear();
        return held;
    }

    private void fail(GpuRequest request, String why) {
        shared.log.warn(LOG, "{}: GET_IMAGE_REQUIREMENTS {}", name, why);
        request.respond(RESP_ERR_INVALID_PARAMETER);
    }
}
