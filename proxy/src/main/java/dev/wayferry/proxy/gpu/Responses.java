package dev.wayferry.proxy.gpu;

import dev.wayferry.wire.gpu.CtrlHeader;
import dev.wayferry.wire.gpu.RespEdid;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** The device's one buffer in which responses are made before they are copied to the guest. */
final class Responses {
    /** An EDID is the largest response there is. */
    private static final int CAPACITY = RespEdid.LENGTH;

    private final MemorySegment buffer = Arena.ofAuto().allocate(CAPACITY, Long.BYTES);
    private final CtrlHeader header = new CtrlHeader().wrap(buffer, 0);

    MemorySegment buffer() {
        return buffer;
    }

    CtrlHeader header() {
        return header;
    }

    /** A cleared body of {@code length} bytes in all; the header is filled when the request is answered. */
    MemorySegment cleared(int length) {
        return buffer.asSlice(0, length).fill((byte) 0);
    }

    void wrapHeader(int type) {
        header.type(type).flags(0).fenceId(0).ctxId(0).ringIdx(0);
    }
}
