package dev.wayferry.examples.bench.guest;

import dev.wayferry.examples.loopback.GuestPages;
import dev.wayferry.wire.crossdomain.CrossDomain;
import dev.wayferry.wire.crossdomain.CrossDomainSendReceive;
import dev.wayferry.wire.gpu.CmdSubmit;
import java.io.IOException;

/** Where a cross-domain context's commands and rings lie in guest RAM, and its numbers. */
final class GpuConnection implements AutoCloseable {
    private static final int PAGE = CrossDomain.RING_SIZE;

    // Of the first page's eight blocks, which are for commands without a payload; the first six are for setting up.
    private static final int POLL_BLOCK = 6;
    private static final int QUERY_BLOCK = 7;

    /** Where in a SEND's block the payload lies. */
    private static final int PAYLOAD = CommandQueue.REQUEST + CmdSubmit.LENGTH + CrossDomainSendReceive.LENGTH;

    private static final int SEND_BLOCK_SIZE = (PAYLOAD + Guest.MAX_PAYLOAD + 63) & -64;

    final int contextId;
    final int queryResource;
    final int channelResource;
    final long queryPage;
    final long channelPage;

    private final GuestPages pages;
    private final long base;
    private final long size;

    /** Commands that the device has not given back. */
    int underWay;

    /** What it does may be answered by errors. */
    boolean mayFail;

    /** The context's end is under way, by which its POLL comes back. */
    boolean closing;

    GpuConnection(GuestPages pages, int contextId, int queryResource, int channelResource, int sendSlots)
            throws IOException {
        this.pages = pages;
        this.contextId = contextId;
        this.queryResource = queryResource;
        this.channelResource = channelResource;
        this.size = 3L * PAGE + (long) sendSlots * SEND_BLOCK_SIZE;
        this.base = pages.allocate(size);
        this.queryPage = base + PAGE;
        this.channelPage = base + 2L * PAGE;
    }

    long setupBlock(int index) {
        return base + (long) index * CommandQueue.BLOCK_SIZE;
    }

    long pollBlock() {
        return setupBlock(POLL_BLOCK);
    }

    long queryBlock() {
        return setupBlock(QUERY_BLOCK);
    }

    long sendBlock(int slot) {
        return base + 3L * PAGE + (long) slot * SEND_BLOCK_SIZE;
    }

    long payload(int slot) {
        return sendBlock(slot) + PAYLOAD;
    }

    long received() {
        return channelPage + CrossDomainSendReceive.LENGTH;
    }

    /** Gives the memory back. */
    @Override
    public void close() {
        pages.free(base, size);
    }
}
