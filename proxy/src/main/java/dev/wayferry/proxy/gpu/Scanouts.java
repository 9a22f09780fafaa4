package dev.wayferry.proxy.gpu;

import static dev.wayferry.wire.gpu.VirtioGpu.RESP_ERR_INVALID_PARAMETER;
import static dev.wayferry.wire.gpu.VirtioGpu.RESP_ERR_INVALID_RESOURCE_ID;
import static dev.wayferry.wire.gpu.VirtioGpu.RESP_ERR_INVALID_SCANOUT_ID;
import static dev.wayferry.wire.gpu.VirtioGpu.RESP_ERR_OUT_OF_MEMORY;
import static dev.wayferry.wire.gpu.VirtioGpu.RESP_ERR_UNSPEC;
import static dev.wayferry.wire.gpu.VirtioGpu.RESP_OK_NODATA;

import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.PosixException;
import dev.wayferry.proxy.log.GuestLog;
import dev.wayferry.proxy.memory.GuestMemory;
import dev.wayferry.proxy.screen.Area;
import dev.wayferry.proxy.screen.FilePixels;
import dev.wayferry.proxy.screen.GuestPixels;
import dev.wayferry.proxy.screen.Image;
import dev.wayferry.proxy.screen.PixelFormat;
import dev.wayferry.proxy.screen.PixelSource;
import dev.wayferry.proxy.screen.Screen;
import dev.wayferry.wire.gpu.Rect;
import dev.wayferry.wire.gpu.ResourceCreate2d;
import dev.wayferry.wire.gpu.ResourceCreate3d;
import dev.wayferry.wire.gpu.ResourceFlush;
import dev.wayferry.wire.gpu.SetScanout;
import dev.wayferry.wire.gpu.SetScanoutBlob;
import dev.wayferry.wire.gpu.TransferHost3d;
import dev.wayferry.wire.gpu.TransferToHost2d;
import dev.wayferry.wire.gpu.VirtioGpu;
import java.util.function.Consumer;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the commands about pictures do: 2D resources, and what the scanout shows. Belongs to the loop, which looks at the
 * numbers only; pixels are the {@link Screen}'s, and a command that has to do with them is answered when they are copied.
 *
 * <p>Without a screen every such command is answered and nothing is kept.
 *
 * <p>Source: virtio specification, GPU Device, "Device Operation: controlq" and "Device Operation: controlq (3d)".
 */
final class Scanouts {
    private static final Logger LOG = LoggerFactory.getLogger(Scanouts.class);

    /** Linux before 6.4 refuses a device without one; without a screen it is reported disabled. */
    static final int COUNT = 1;

    /** Of all images together, in bytes: several screens full for each program that draws into such. */
    private static final long MAX_IMAGE_BYTES = 256L << 20;

    /** Gallium's number of a texture of two dimensions. */
    private static final int PIPE_TEXTURE_2D = 2;

    private final String vm;
    private final GuestLog log;
    private final GpuDevice device;
    private final @Nullable Screen screen;
    private long imageBytes;
    private @Nullable Shown shown;

    private final Rect rect = new Rect();
    private final ResourceCreate2d create2d = new ResourceCreate2d();
    private final ResourceCreate3d create3d = new ResourceCreate3d();
    private final TransferToHost2d transfer2d = new TransferToHost2d();
    private final TransferHost3d transfer3d = new TransferHost3d();
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

    Scanouts(String vm, GuestLog log, GpuDevice device, @Nullable Screen screen) {
        this.vm = vm;
        this.log = log;
        this.device = device;
        this.screen = screen;
    }

    void useMemory(GuestMemory memory) {
        if (screen != null) {
            screen.useMemory(memory);
        }
    }

    // ---- resources

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
        if (imageBytes + bytes > MAX_IMAGE_BYTES) {
            fail(request, RESP_ERR_OUT_OF_MEMORY, String.format(
                    "an image of %d bytes on top of %d, at most %d", bytes, imageBytes, MAX_IMAGE_BYTES));
            return false;
        }
        return true;
    }

    private static boolean isPicture(int width, int height) {
        return width > 0 && height > 0
                && (long) width * height <= Screen.MAX_PICTURE_BYTES / PixelFormat.BYTES_PER_PIXEL;
    }

    private static String tooLarge(int width, int height) {
        return String.format("%d by %d pixels, at most %d in all", Integer.toUnsignedLong(width),
                Integer.toUnsignedLong(height), Screen.MAX_PICTURE_BYTES / PixelFormat.BYTES_PER_PIXEL);
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

    /** Runs {@code then} on the loop once nobody reads the resource's pages any more that belonged to it until now. */
    void settle(GpuResource resource, Runnable then) {
        if (screen == null || !resource.isPictured()) {
            then.run();
            return;
        }
        int incarnation = device.incarnation();
        screen.run(() -> {}, _ -> device.onLoop(incarnation, then, () -> {}));
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
                imageBytes -= image.size();
                running.free(image);
            }
        }
        settle(resource, then);
    }

    // ---- transfers

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

    private static String outside(GpuResource resource, int x, int y, int width, int height, int inWidth, int inHeight) {
        return String.format("resource %d: %d by %d pixels at %d, %d lie outside %d by %d", resource.id(),
                Integer.toUnsignedLong(width), Integer.toUnsignedLong(height), Integer.toUnsignedLong(x),
                Integer.toUnsignedLong(y), inWidth, inHeight);
    }

    // ---- the scanout

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
            setScanoutBlob(request, resource);
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

    private void setScanoutBlob(GpuRequest request, GpuResource resource) {
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
        running.run(() -> running.paint(from, now.format(), now.offset(), now.stride(), seen),
                answer(request, now.resource().id()));
    }

    // ----

    private Screen running() {
        if (screen == null) {
            throw new IllegalStateException("there is no screen");
        }
        return screen;
    }

    /** Answers the request on the loop when the screen is done with it. */
    private Consumer<@Nullable String> answer(GpuRequest request, int resource) {
        int incarnation = device.incarnation();
        return wrong -> device.onLoop(incarnation, () -> {
            if (wrong == null) {
                request.respond(RESP_OK_NODATA);
            } else {
                fail(request, RESP_ERR_UNSPEC, "resource " + resource + ": " + wrong);
            }
        }, () -> {});
    }

    private boolean has(GpuRequest request, int length) {
        if (request.fixedLength() < length) {
            fail(request, RESP_ERR_INVALID_PARAMETER, "has " + request.fixedLength() + " bytes, not " + length);
            return false;
        }
        return true;
    }

    private void fail(GpuRequest request, int responseType, String why) {
        ControlCommands.fail(log, LOG, vm, request, responseType, why);
    }

    /** Forgets everything of the driver so far. */
    void reset() {
        shown = null;
        imageBytes = 0;
        if (screen != null) {
            screen.reset();
        }
    }
}
