package dev.wayferry.wire.crossdomain;

import dev.wayferry.wire.Flyweight;
import java.lang.foreign.MemorySegment;

/**
 * CROSS_DOMAIN_CMD_GET_IMAGE_REQUIREMENTS.
 *
 * <p>Source: rutabaga_gfx, cross_domain_protocol.rs, CrossDomainGetImageRequirements.
 */
public final class CrossDomainGetImageRequirements extends Flyweight {
    /** Pixels. */
    public static final long WIDTH_OFFSET = 8;

    /** Pixels. */
    public static final long HEIGHT_OFFSET = 12;

    /** A fourcc. */
    public static final long DRM_FORMAT_OFFSET = 16;

    /** GBM use flags. */
    public static final long FLAGS_OFFSET = 20;

    /** Bytes in all. */
    public static final int LENGTH = 24;

    public int width() {
        return getInt(WIDTH_OFFSET);
    }

    public CrossDomainGetImageRequirements width(int value) {
        setInt(WIDTH_OFFSET, value);
        return this;
    }

    public int height() {
        return getInt(HEIGHT_OFFSET);
    }

    public CrossDomainGetImageRequirements height(int value) {
        setInt(HEIGHT_OFFSET, value);
        return this;
    }

    public int drmFormat() {
        return getInt(DRM_FORMAT_OFFSET);
    }

    public CrossDomainGetImageRequirements drmFormat(int value) {
        setInt(DRM_FORMAT_OFFSET, value);
        return this;
    }

    public int flags() {
        return getInt(FLAGS_OFFSET);
    }

    public CrossDomainGetImageRequirements flags(int value) {
        setInt(FLAGS_OFFSET, value);
        return this;
    }

    @Override
    public CrossDomainGetImageRequirements wrap(MemorySegment segment, long offset) {
        super.wrap(segment, offset);
        return this;
    }
}
