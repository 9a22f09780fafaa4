package dev.wayferry.wire.crossdomain;

import dev.wayferry.wire.Flyweight;
import java.lang.foreign.MemorySegment;

/**
 * The data of capset 5.
 *
 * <p>Source: rutabaga_gfx, cross_domain_protocol.rs, CrossDomainCapabilities.
 */
public final class CrossDomainCapabilities extends Flyweight {
    /** 1: every command up to WRITE. */
    public static final long VERSION_OFFSET = 0;

    /** A bit for each channel type. */
    public static final long SUPPORTED_CHANNELS_OFFSET = 4;

    /** 1 if dma-bufs can be allocated. */
    public static final long SUPPORTS_DMABUF_OFFSET = 8;

    /** 1 or 0. */
    public static final long SUPPORTS_EXTERNAL_GPU_MEMORY_OFFSET = 12;

    /** Bytes in all. */
    public static final int LENGTH = 16;

    public int version() {
        return getInt(VERSION_OFFSET);
    }

    public CrossDomainCapabilities version(int value) {
        setInt(VERSION_OFFSET, value);
        return this;
    }

    public int supportedChannels() {
        return getInt(SUPPORTED_CHANNELS_OFFSET);
    }

    public CrossDomainCapabilities supportedChannels(int value) {
        setInt(SUPPORTED_CHANNELS_OFFSET, value);
        return this;
    }

    public int supportsDmabuf() {
        return getInt(SUPPORTS_DMABUF_OFFSET);
    }

    public CrossDomainCapabilities supportsDmabuf(int value) {
        setInt(SUPPORTS_DMABUF_OFFSET, value);
        return this;
    }

    public int supportsExternalGpuMemory() {
        return getInt(SUPPORTS_EXTERNAL_GPU_MEMORY_OFFSET);
    }

    public CrossDomainCapabilities supportsExternalGpuMemory(int value) {
        setInt(SUPPORTS_EXTERNAL_GPU_MEMORY_OFFSET, value);
        return this;
    }

    @Override
    public CrossDomainCapabilities wrap(MemorySegment segment, long offset) {
        super.wrap(segment, offset);
        return this;
    }
}
