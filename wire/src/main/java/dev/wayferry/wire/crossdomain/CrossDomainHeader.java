package dev.wayferry.wire.crossdomain;

import dev.wayferry.wire.Flyweight;
import java.lang.foreign.MemorySegment;

/**
 * struct CrossDomainHeader, which starts every command. The guest is sent one whose ring_idx, cmd_size and pad are 0:
 * guest proxies compare the first word as a whole.
 *
 * <p>Source: rutabaga_gfx, cross_domain_protocol.rs, CrossDomainHeader.
 */
public final class CrossDomainHeader extends Flyweight {
    /** CROSS_DOMAIN_CMD_*. */
    public static final long CMD_OFFSET = 0;

    /** Unused. */
    public static final long RING_IDX_OFFSET = 1;

    /** Bytes of the command, this header included. */
    public static final long CMD_SIZE_OFFSET = 2;

    /** Bytes in all. */
    public static final int LENGTH = 8;

    public int cmd() {
        return getByte(CMD_OFFSET);
    }

    public CrossDomainHeader cmd(int value) {
        setByte(CMD_OFFSET, value);
        return this;
    }

    public int ringIdx() {
        return getByte(RING_IDX_OFFSET);
    }

    public CrossDomainHeader ringIdx(int value) {
        setByte(RING_IDX_OFFSET, value);
        return this;
    }

    public int cmdSize() {
        return getShort(CMD_SIZE_OFFSET);
    }

    public CrossDomainHeader cmdSize(int value) {
        setShort(CMD_SIZE_OFFSET, value);
        return this;
    }

    @Override
    public CrossDomainHeader wrap(MemorySegment segment, long offset) {
        super.wrap(segment, offset);
        return this;
    }
}
