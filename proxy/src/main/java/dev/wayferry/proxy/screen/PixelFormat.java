package dev.wayferry.proxy.screen;

import dev.wayferry.wire.gpu.VirtioGpu;
import org.jspecify.annotations.Nullable;

/** The formats of the virtio specification, all of four bytes a pixel, which are named in their order. */
public enum PixelFormat {
    B8G8R8A8(VirtioGpu.FORMAT_B8G8R8A8_UNORM),
    B8G8R8X8(VirtioGpu.FORMAT_B8G8R8X8_UNORM),
    A8R8G8B8(VirtioGpu.FORMAT_A8R8G8B8_UNORM),
    X8R8G8B8(VirtioGpu.FORMAT_X8R8G8B8_UNORM),
    R8G8B8A8(VirtioGpu.FORMAT_R8G8B8A8_UNORM),
    X8B8G8R8(VirtioGpu.FORMAT_X8B8G8R8_UNORM),
    A8B8G8R8(VirtioGpu.FORMAT_A8B8G8R8_UNORM),
    R8G8B8X8(VirtioGpu.FORMAT_R8G8B8X8_UNORM);

    public static final int BYTES_PER_PIXEL = 4;

    private final int number;

    PixelFormat(int number) {
        this.number = number;
    }

    /** The format VIRTIO_GPU_FORMAT_{@code number}, or null. */
    public static @Nullable PixelFormat of(int number) {
        for (PixelFormat format : values()) {
            if (format.number == number) {
                return format;
            }
        }
        return null;
    }

    /** Whether its pixels, read as little-endian words, are 0x??RRGGBB already. */
    boolean isXrgb() {
        return this == B8G8R8A8 || this == B8G8R8X8;
    }

    /** A pixel, read as a little-endian word, as 0x??RRGGBB: a scanout is opaque, so alpha tells nothing. */
    int toXrgb(int word) {
        return switch (this) {
            case B8G8R8A8, B8G8R8X8 -> word;
            case A8R8G8B8, X8R8G8B8 -> Integer.reverseBytes(word);
            case R8G8B8A8, R8G8B8X8 -> Integer.reverseBytes(word) >>> 8;
            case X8B8G8R8, A8B8G8R8 -> word >>> 8;
        };
    }
}
