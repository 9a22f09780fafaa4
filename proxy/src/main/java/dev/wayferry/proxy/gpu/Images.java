package dev.wayferry.proxy.gpu;

import static dev.wayferry.wire.gpu.VirtioGpu.RESP_ERR_INVALID_PARAMETER;
import static dev.wayferry.wire.gpu.VirtioGpu.RESP_ERR_INVALID_RESOURCE_ID;
import static dev.wayferry.wire.gpu.VirtioGpu.RESP_ERR_OUT_OF_MEMORY;
import static dev.wayferry.wire.gpu.VirtioGpu.RESP_OK_NODATA;

import dev.wayferry.proxy.limit.Limit;
import dev.wayferry.proxy.log.GuestLog;
import dev.wayferry.proxy.screen.Area;
import dev.wayferry.proxy.screen.GuestPixels;
import dev.wayferry.proxy.screen.Image;
import dev.wayferry.proxy.screen.PixelFormat;
import dev.wayferry.proxy.screen.PixelSource;
import dev.wayferry.proxy.screen.Screen;
import dev.wayferry.wire.gpu.Rect;
import dev.wayferry.wire.gpu.ResourceCreate2d;
import dev.wayferry.wire.gpu.ResourceCreate3d;
import dev.wayferry.wire.gpu.TransferHost3d;
import dev.wayferry.wire.gpu.TransferToHost2d;
import dev.wayferry.wire.gpu.VirtioGpu;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * What the commands about 2D resources do: their making, and transfers. Belongs to the loop.
 *
 * <p>Source: virtio specification, GPU Device, "Device Operation: controlq" and "Device Operation: controlq (3d)".
 */
final class Images extends PictureCommands {
    /** Of all images together: usually several screens full for each program that draws into such. */
    private final long maxBytes;

    /** Gallium's number of a texture of two dimensions. */
    private static final int PIPE_TEXTURE_2D = 2;

    private long imageBytes;

    private final Rect rect = new Rect();
    private final ResourceCreate2d create2d = new ResourceCreate2d();
    private final ResourceCreate3d create3d = new ResourceCreate3d();
    private final TransferToHost2d transfer2d = new TransferToHost2d();
    private final TransferHost3d transfer3d = new TransferHost3d();

    Images(String vm, GuestLog log, GpuDevice device, @Nullable Screen screen, long maxBytes) {
        super(vm, log, device, screen);
        this.maxBytes = maxBytes;
    }

    /**
     * Whether a resource can be made as RESOURCE_CREATE_2D or _3D says; if not the request is answered.
     *
     * <p>Linux makes the buffers of its console and of programs that draw themselves by RESOURCE_CREATE_2D, whether or not
     * VIRGL is there (virtgpu_gem.c). What a program makes by RESOURCE_CREATE_3D is treated alike if it is an ordinary
     * picture; all else is a number only, as there is nothing here that could draw into it.
     */
    boolean accepts(GpuRequest request) {
        if (screen == null) {
            return true;
        }
        if (request.header().type() == VirtioGpu.CMD_RESOURCE_CREATE_3D) {
            if (!has(request, ResourceCreate3d.LENGTH)) {
                return false;
            }
            create3d.wrap(request.fixed(), 0);
            return !isFlat() || accepts(request, create3d.width(), create3d.height());
        }
        create2d.wrap(request.fixed(), 0);
        if (PixelFormat.of(create2d.format()) == null) {
            fail(request, RESP_ERR_INVALID_PARAMETER, "format " + Integer.toUnsignedString(create2d.format()));
            return false;
        }
        return accepts(request, create2d.width(), create2d.height());
    }

    private boolean accepts(GpuRequest request, int width, int height) {
        if (!isPicture(width, height)) {
            fail(request, RESP_ERR_INVALID_PARAMETER, tooLarge(width, height));
            return false;
        }
        long bytes = (long) width * height * PixelFormat.BYTES_PER_PIXEL;
        if (imageBytes + bytes > maxBytes) {
            fail(request, RESP_ERR_OUT_OF_MEMORY, String.format("an image of %d bytes on top of %d, at most %d, see --limit=%s",
                    bytes, imageBytes, maxBytes, Limit.IMAGE_BYTES));
            return false;
        }
        return true;
    }

    private boolean isFlat() {
        return create3d.target() == PIPE_TEXTURE_2D && PixelFormat.of(create3d.format()) != null && create3d.depth() == 1
                && create3d.arraySize() == 1 && create3d.lastLevel() == 0
                && (create3d.nrSamples() == 0 || create3d.nrSamples() == 1);
    }

    /** The image behind the resource that {@link #accepts} accepted, null if it needs none. */
    @Nullable Image imageFor(GpuRequest request) {
        if (screen == null) {
            return null;
        }
        Image image;
        if (request.header().type() == VirtioGpu.CMD_RESOURCE_CREATE_3D) {
            PixelFormat format = PixelFormat.of(create3d.format());
            if (format == null || !isFlat()) {
                return null;
            }
            image = new Image(create3d.width(), create3d.height(), format);
        } else {
            PixelFormat format = PixelFormat.of(create2d.format());
            if (format == null) {
                return null;
            }
            image = new Image(create2d.width(), create2d.height(), format);
        }
        imageBytes += image.size();
        screen.adopt(image);
        return image;
    }

    /** The image of a resource that goes. */
    void free(Screen running, Image image) {
        imageBytes -= image.size();
        running.free(image);
    }

    /** TRANSFER_TO_HOST_2D: guest memory into the image. */
    void transferTo2d(GpuRequest request, IntFunction<@Nullable GpuResource> find) {
        if (screen == null) {
            request.respond(RESP_OK_NODATA);
        } else if (has(request, TransferToHost2d.LENGTH)) {
            transfer2d.wrap(request.fixed(), 0);
            rect.wrap(request.fixed(), TransferToHost2d.RECT_OFFSET);
            GpuResource resource = find.apply(transfer2d.resourceId());
            Image image = resource == null ? null : resource.image();
            if (resource == null || image == null) {
                fail(request, RESP_ERR_INVALID_RESOURCE_ID, "resource " + transfer2d.resourceId() + " is no 2D resource");
                return;
            }
            transfer(request, resource, image, rect.x(), rect.y(), rect.width(), rect.height(), transfer2d.bufferOffset(),
                    image.stride());
        }
    }

    /** TRANSFER_TO_HOST_3D: the same for a picture; for others nothing. */
    void transferTo3d(GpuRequest request, IntFunction<@Nullable GpuResource> find) {
        if (screen == null) {
            request.respond(RESP_OK_NODATA);
        } else if (has(request, TransferHost3d.LENGTH)) {
            transfer3d.wrap(request.fixed(), 0);
            GpuResource resource = find.apply(transfer3d.resourceId());
            Image image = resource == null ? null : resource.image();
            if (resource == null || image == null) {
                request.respond(RESP_OK_NODATA);
                return;
            }
            if (transfer3d.z() != 0 || transfer3d.depth() != 1 || transfer3d.level() != 0) {
                fail(request, RESP_ERR_INVALID_PARAMETER, String.format("resource %d has one layer and level: z %d depth %d"
                        + " level %d", resource.id(), Integer.toUnsignedLong(transfer3d.z()),
                        Integer.toUnsignedLong(transfer3d.depth()), Integer.toUnsignedLong(transfer3d.level())));
                return;
            }
            long stride = Integer.toUnsignedLong(transfer3d.stride());
            transfer(request, resource, image, transfer3d.x(), transfer3d.y(), transfer3d.width(), transfer3d.height(),
                    transfer3d.bufferOffset(), stride == 0 ? image.stride() : stride);
        }
    }

    private void transfer(GpuRequest request, GpuResource resource, Image image, int x, int y, int width, int height,
            long offset, long stride) {
        if (!Area.isWithin(x, y, width, height, image.width(), image.height())) {
            fail(request, RESP_ERR_INVALID_PARAMETER,
                    outside(resource, x, y, width, height, image.width(), image.height()));
            return;
        }
        long backed = GuestPixels.size(resource.backing());
        long length = height == 0 ? 0 : (height - 1) * stride + (long) width * PixelFormat.BYTES_PER_PIXEL;
        if (offset < 0 || offset > backed || length > backed - offset) {
            fail(request, RESP_ERR_INVALID_PARAMETER, String.format(
                    "resource %d: %d bytes at %s, its backing has %d", resource.id(), length,
                    Long.toUnsignedString(offset), backed));
            return;
        }
        Screen running = running();
        PixelSource pages = running.guestPixels(resource.backing());
        Area area = new Area(x, y, width, height);
        running.run(() -> image.copyFrom(pages, area, offset, stride), answer(request, resource.id()));
    }

    /** Forgets everything of the driver so far. */
    void reset() {
        imageBytes = 0;
    }
}
