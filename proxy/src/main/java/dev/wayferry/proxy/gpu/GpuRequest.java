package dev.wayferry.proxy.gpu;

import dev.wayferry.proxy.queue.DescriptorChain;
import dev.wayferry.wire.crossdomain.CrossDomainSendReceive;
import dev.wayferry.wire.gpu.CmdSubmit;
import dev.wayferry.wire.gpu.CtrlHeader;
import dev.wayferry.wire.gpu.VirtioGpu;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * A command of the control queue: its chain, and a private copy of its fixed part, made once, which is all that is ever
 * decided on. There is one object for each head of the queue, used again and again.
 *
 * <p>Whoever has a request answers it, exactly once.
 */
public final class GpuRequest {
    /** Bytes copied of each request: enough for every fixed part, the largest being a SEND's. */
    public static final int FIXED_LENGTH = CmdSubmit.LENGTH + CrossDomainSendReceive.LENGTH;

    private final MemorySegment fixed;
    private final CtrlHeader header = new CtrlHeader();
    private final Responses responses;
    private @Nullable DescriptorChain chain;
    private int fixedLength;

    GpuRequest(Responses responses) {
        this.responses = responses;
        this.fixed = Arena.ofAuto().allocate(FIXED_LENGTH, Long.BYTES);
        header.wrap(fixed, 0);
    }

    /** Takes a chain; false when it is too short to be a command. */
    boolean take(DescriptorChain newChain) {
        chain = newChain;
        fixedLength = newChain.read(0, fixed, 0, FIXED_LENGTH);
        return fixedLength >= CtrlHeader.LENGTH;
    }

    /** The buffers behind the copy. */
    public DescriptorChain chain() {
        if (chain == null) {
            throw new IllegalStateException("the request was answered already");
        }
        return chain;
    }

    /** The private copy of the request's first {@link #fixedLength} bytes. */
    public MemorySegment fixed() {
        return fixed;
    }

    /** How much there is of the copy. */
    public int fixedLength() {
        return fixedLength;
    }

    public CtrlHeader header() {
        return header;
    }

    /** Answers with a bare header of this type (VIRTIO_GPU_RESP_*). */
    public void respond(int responseType) {
        respond(responseType, CtrlHeader.LENGTH);
    }

    /** Answers with the first {@code length} bytes of the response buffer, whose body the caller has filled. */
    void respond(int responseType, int length) {
        responses.wrapHeader(responseType);
        DescriptorChain answered = chain();
        CtrlHeader response = responses.header();
        // The fence is echoed also with an error and for unknown commands: the driver signals it from any answer.
        if ((header.flags() & VirtioGpu.FLAG_FENCE) != 0) {
            response.flags(header.flags() & (VirtioGpu.FLAG_FENCE | VirtioGpu.FLAG_INFO_RING_IDX))
                    .fenceId(header.fenceId())
                    .ctxId(header.ctxId())
                    .ringIdx(header.ringIdx());
        }
        int written = answered.write(responses.buffer(), length);
        chain = null;
        answered.giveBack(written);
    }

    /** Lets go without an answer: the queue is gone. */
    void drop() {
        chain = null;
    }
}
