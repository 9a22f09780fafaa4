package dev.wayferry.wire.crossdomain;

import dev.wayferry.wire.Flyweight;
import java.lang.foreign.MemorySegment;

/**
 * The answer to GET_IMAGE_REQUIREMENTS, at the start of the query ring, without a header.
 *
 * <p>Source: rutabaga_gfx, cross_domain_protocol.rs, CrossDomainImageRequirements.
 */
public final class CrossDomainImageRequirements extends Flyweight {
    /** Bytes a row, of each plane. */
    public static final long STRIDES_OFFSET = 0;

    /** Where each plane starts, in bytes. */
    public static final long OFFSETS_OFFSET = 16;

    /** DRM format modifier; 0 is linear. */
    public static final long MODIFIER_OFFSET = 32;

    /** Bytes of the whole image. */
    public static final long SIZE_OFFSET = 40;

    /** To be named in RESOURCE_CREATE_BLOB, as often as wanted. */
    public static final long BLOB_ID_OFFSET = 48;

    /** VIRTIO_GPU_MAP_CACHE_*. */
    public static final long MAP_INFO_OFFSET = 52;

    /** -1 where unused. */
    public static final long MEMORY_IDX_OFFSET = 56;

    /** -1 where unused. */
    public static final long PHYSICAL_DEVICE_IDX_OFFSET = 60;

    /** Bytes in all. */
    public static final int LENGTH = 64;

    public int strides(int index) {
        return getInt(STRIDES_OFFSET + (long) index * Integer.BYTES);
    }

    public CrossDomainImageRequirements strides(int index, int value) {
        setInt(STRIDES_OFFSET + (long) index * Integer.BYTES, value);
        return this;
    }

    public int offsets(int index) {
        return getInt(OFFSETS_OFFSET + (long) index * Integer.BYTES);
    }

    public CrossDomainImageRequirements offsets(int index, int value) {
        setInt(OFFSETS_OFFSET + (long) index * Integer.BYTES, value);
        return this;
    }

    public long modifier() {
        return getLong(MODIFIER_OFFSET);
    }

    public CrossDomainImageRequirements modifier(long value) {
        setLong(MODIFIER_OFFSET, value);
        return this;
    }

    public long size() {
        return getLong(SIZE_OFFSET);
    }

    public CrossDomainImageRequirements size(long value) {
        setLong(SIZE_OFFSET, value);
        return this;
    }

    public int blobId() {
        return getInt(BLOB_ID_OFFSET);
    }

    public CrossDomainImageRequirements blobId(int value) {
        setInt(BLOB_ID_OFFSET, value);
        return this;
    }

    public int mapInfo() {
        return getInt(MAP_INFO_OFFSET);
    }

    public CrossDomainImageRequirements mapInfo(int value) {
        setInt(MAP_INFO_OFFSET, value);
        return this;
    }

    public int memoryIdx() {
        return getInt(MEMORY_IDX_OFFSET);
    }

    public CrossDomainImageRequirements memoryIdx(int value) {
        setInt(MEMORY_IDX_OFFSET, value);
        return this;
    }

    public int physicalDeviceIdx() {
        return getInt(PHYSICAL_DEVICE_IDX_OFFSET);
    }

    public CrossDomainImageRequirements physicalDeviceIdx(int value) {
        setInt(PHYSICAL_DEVICE_IDX_OFFSET, value);
        return this;
    }

    @Override
    public CrossDomainImageRequirements wrap(MemorySegment segment, long offset) {
        super.wrap(segment, offset);
        return this;
    }
}
