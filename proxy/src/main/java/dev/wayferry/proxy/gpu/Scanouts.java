package dev.wayferry.proxy.gpu;

import static dev.wayferry.wire.gpu.VirtioGpu.RESP_ERR_INVALID_PARAMETER;
import static dev.wayferry.wire.gpu.VirtioGpu.RESP_ERR_INVALID_RESOURCE_ID;
import static dev.wayferry.wire.gpu.VirtioGpu.RESP_ERR_INVALID_SCANOUT_ID;
import static dev.wayferry.wire.gpu.VirtioGpu.RESP_ERR_OUT_OF_MEMORY;
import static dev.wayferry.wire.gpu.VirtioGpu.RESP_OK_NODATA;

import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.PosixException;
import dev.wayferry.proxy.log.GuestLog;
import dev.wayferry.proxy.memory.GuestMemory;
import dev.wayferry.proxy.screen.Area;
import dev.wayferry.proxy.screen.FilePixels;
import dev.wayferry.proxy.screen.Image;
import dev.wayferry.proxy.screen.PixelFormat;
import dev.wayferry.proxy.screen.PixelSource;
import dev.wayferry.proxy.screen.Screen;
import dev.wayferry.wire.gpu.Rect;
import dev.wayferry.wire.gpu.ResourceFlush;
import dev.wayferry.wire.gpu.SetScanout;
import dev.wayferry.wire.gpu.SetScanoutBlob;
import dev.wayferry.wire.gpu.VirtioGpu;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * What the commands about the scanout do: what it shows, and when that is seen. Belongs to the loop.
 *
 * <p>Source: virtio specification, GPU Device, "Device Operation: controlq".
 */
final class Scanouts extends PictureCommands {
    /** Linux before 6.4 refuses a device without one; without a screen it is reported disabled. */
    static final int COUNT = 1;

    private final Images images;
    private @Nullable Shown shown;

    private final Rect rect = new Rect();
    private final SetScanout setScanout = new SetScanout();
    private final SetScanoutBlob setScanoutBlob = new SetScanoutBlob();
    private final ResourceFlush resourceFlush = new ResourceFlush();

    /**
     * What the scanout shows.
     *
     * @param width of the picture in the resource
     * @param area of it, which is what is seen
     * @param offset of the area's first pixel, in bytes
     * @param file of a host blob
     */
    private record Shown(
            GpuResource resource,
            int width,
            int height,
            Area area,
            PixelFormat format,
            long offset,
            long stride,
            @Nullable FilePixels file) {}

    Scanouts(String vm, GuestLog log, GpuDevice device, @Nullable Screen screen, long maxImageBytes) {
        super(vm, log, device, screen);
        images = new Images(vm, log, device, screen, maxImageBytes);
    }

    /** The 2D resources, which it may show. */
    Images images() {
        return images;
    }

    void useMemory(GuestMemory memory) {
        if (screen != null) {
            screen.useMemory(memory);
        }
    }

    /** Runs {@code then} on the loop once nobody reads the resource's pages any more that belonged to it until now. */
    void settle(GpuResource resource, Runnable then) {
        if (screen == null || !resource.isPictured()) {
            then.run();
            return;
        }
        afterScreen(screen, then);
    }

    /** The resource goes: it is not shown any more, and what it had is freed; then {@link #settle}. */
    void release(GpuResource resource, Runnable then) {
        Screen running = screen;
        if (running != null && resource.isPictured()) {
            Shown now = shown;
            if (now != null && now.resource() == resource) {
                show(running, null);
                running.run(running::blank, _ -> {});
            }
            Image image = resource.image();
            if (image != null) {
                images.free(running, image);
            }
        }
        settle(resource, then);
    }

    /** SET_SCANOUT and SET_SCANOUT_BLOB. */
    void setScanout(GpuRequest request, IntFunction<@Nullable GpuResource> find) {
        int scanout = setScanout.wrap(request.fixed(), 0).scanoutId();
        int id = setScanout.resourceId();
        GpuResource resource = find.apply(id);
        if (Integer.toUnsignedLong(scanout) >= COUNT) {
            fail(request, RESP_ERR_INVALID_SCANOUT_ID, "scanout " + Integer.toUnsignedString(scanout) + " of " + COUNT);
        } else if (id != 0 && resource == null) {
            fail(request, RESP_ERR_INVALID_RESOURCE_ID, "names no resource: " + id);
        } else if (screen == null) {
            request.respond(RESP_OK_NODATA);
        } else if (resource == null) {
            show(screen, null);
            screen.run(screen::blank, answer(request, 0));
        } else if (request.header().type() == VirtioGpu.CMD_SET_SCANOUT_BLOB) {
            setScanoutBlob(request, resource, find);
        } else {
            setScanout(request, resource);
        }
    }

    private void setScanout(GpuRequest request, GpuResource resource) {
        Image image = resource.image();
        if (image == null) {
            fail(request, RESP_ERR_INVALID_PARAMETER, "resource " + resource.id() + " is no 2D resource");
            return;
        }
        Area area = scanoutArea(request, resource, image.width(), image.height());
        if (area != null) {
            begin(request, new Shown(resource, image.width(), image.height(), area, image.format(),
                    area.y() * image.stride() + (long) area.x() * PixelFormat.BYTES_PER_PIXEL, image.stride(), null));
        }
    }

    private @Nullable Area scanoutArea(GpuRequest request, GpuResource resource, int width, int height) {
        rect.wrap(request.fixed(), SetScanout.RECT_OFFSET);
        if (rect.width() == 0 || rect.height() == 0
                || !Area.isWithin(rect.x(), rect.y(), rect.width(), rect.height(), width, height)) {
            fail(request, RESP_ERR_INVALID_PARAMETER,
                    outside(resource, rect.x(), rect.y(), rect.width(), rect.height(), width, height));
            return null;
        }
        return new Area(rect.x(), rect.y(), rect.width(), rect.height());
    }

    private void setScanoutBlob(
            GpuRequest request, GpuResource resource, IntFunction<@Nullable GpuResource> find) {
        if (!has(request, SetScanoutBlob.LENGTH)) {
            return;
        }
        setScanoutBlob.wrap(request.fixed(), 0);
        int width = setScanoutBlob.width();
        int height = setScanoutBlob.height();
        PixelFormat format = PixelFormat.of(setScanoutBlob.format());
        if (resource.blobMem() == 0 || format == null) {
            fail(request, RESP_ERR_INVALID_PARAMETER, resource.blobMem() == 0
                    ? "resource " + resource.id() + " is no blob"
                    : "format " + Integer.toUnsignedString(setScanoutBlob.format()));
            return;
        }
        if (!isPicture(width, height)) {
            fail(request, RESP_ERR_INVALID_PARAMETER, tooLarge(width, height));
            return;
        }
        Area area = scanoutArea(request, resource, width, height);
        if (area == null) {
            return;
        }
        long row = (long) width * PixelFormat.BYTES_PER_PIXEL;
        long stride = Integer.toUnsignedLong(setScanoutBlob.stride(0));
        long offset = Integer.toUnsignedLong(setScanoutBlob.planeOffset(0));
        long end = offset + (height - 1) * stride + row;
        if (stride < row || end > resource.size()) {
            fail(request, RESP_ERR_INVALID_PARAMETER, String.format(
                    "resource %d: %d rows of %d bytes, %d from one to the next, from %d on: it has %d bytes",
                    resource.id(), height, row, stride, offset, resource.size()));
            return;
        }
        long first = offset + area.y() * stride + (long) area.x() * PixelFormat.BYTES_PER_PIXEL;
        if (resource.blobMem() == VirtioGpu.BLOB_MEM_GUEST) {
            begin(request, new Shown(resource, width, height, area, format, first, stride, null));
            return;
        }
        resource.pictured();
        resource.whenSettled(() -> {
            if (find.apply(resource.id()) != resource) {
                fail(request, RESP_ERR_INVALID_RESOURCE_ID, "resource " + resource.id() + " is gone");
                return;
            }
            OwnedFd file = resource.file();
            if (file == null) {
                fail(request, RESP_ERR_INVALID_PARAMETER, "resource " + resource.id() + " has no file");
                return;
            }
            try {
                FilePixels pixels = new FilePixels(file.duplicate(), end);
                running().adopt(pixels);
                begin(request, new Shown(resource, width, height, area, format, first, stride, pixels));
            } catch (PosixException e) {
                fail(request, RESP_ERR_OUT_OF_MEMORY, String.valueOf(e.getMessage()));
            }
        });
    }

    private void begin(GpuRequest request, Shown next) {
        Screen running = running();
        next.resource().pictured();
        show(running, next);
        running.run(() -> running.show(next.area().width(), next.area().height()),
                answer(request, next.resource().id()));
    }

    private void show(Screen running, @Nullable Shown next) {
        Shown before = shown;
        shown = next;
        if (before != null && before.file() != null) {
            running.free(before.file());
        }
    }

    /** RESOURCE_FLUSH: if the scanout shows the resource, what has changed there is seen now. */
    void flush(GpuRequest request, IntFunction<@Nullable GpuResource> find) {
        if (screen == null) {
            request.respond(RESP_OK_NODATA);
            return;
        }
        if (!has(request, ResourceFlush.LENGTH)) {
            return;
        }
        resourceFlush.wrap(request.fixed(), 0);
        rect.wrap(request.fixed(), ResourceFlush.RECT_OFFSET);
        GpuResource resource = find.apply(resourceFlush.resourceId());
        Shown now = shown;
        if (resource == null) {
            fail(request, RESP_ERR_INVALID_RESOURCE_ID, "names no resource: " + resourceFlush.resourceId());
        } else if (now == null || now.resource() != resource) {
            request.respond(RESP_OK_NODATA);
        } else if (!Area.isWithin(rect.x(), rect.y(), rect.width(), rect.height(), now.width(), now.height())) {
            fail(request, RESP_ERR_INVALID_PARAMETER,
                    outside(resource, rect.x(), rect.y(), rect.width(), rect.height(), now.width(), now.height()));
        } else {
            flush(request, screen, now, new Area(rect.x(), rect.y(), rect.width(), rect.height()));
        }
    }

    private void flush(GpuRequest request, Screen running, Shown now, Area changed) {
        PixelSource source = now.file();
        if (source == null) {
            source = now.resource().image();
        }
        if (source == null) {
            source = running.guestPixels(now.resource().backing());
        }
        PixelSource from = source;
        Area seen = changed.intersection(now.area()).from(now.area());
        Area all = now.area();
        running.run(
                () -> running.paint(
                        from, now.format(), all.width(), all.height(), now.offset(), now.stride(), seen),
                answer(request, now.resource().id()));
    }

    /** Forgets everything of the driver so far. */
    void reset() {
        shown = null;
        images.reset();
        if (screen != null) {
            screen.reset();
        }
    }
}
