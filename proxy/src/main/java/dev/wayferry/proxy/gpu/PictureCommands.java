package dev.wayferry.proxy.gpu;

import static dev.wayferry.wire.gpu.VirtioGpu.RESP_ERR_INVALID_PARAMETER;
import static dev.wayferry.wire.gpu.VirtioGpu.RESP_ERR_UNSPEC;
import static dev.wayferry.wire.gpu.VirtioGpu.RESP_OK_NODATA;

import dev.wayferry.proxy.log.GuestLog;
import dev.wayferry.proxy.screen.PixelFormat;
import dev.wayferry.proxy.screen.Screen;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What commands about pictures have in common. The loop looks at their numbers only; pixels are the {@link Screen}'s, and a
 * command that has to do with them is answered when they are copied. Without a screen every such command is answered and
 * nothing is kept.
 */
abstract class PictureCommands {
    private static final Logger LOG = LoggerFactory.getLogger(PictureCommands.class);

    /** Pixels; rows and columns cost something each, whatever is in them. */
    private static final int MAX_SIDE = 16384;

    private final String vm;
    private final GuestLog log;
    private final GpuDevice device;
    final @Nullable Screen screen;

    PictureCommands(String vm, GuestLog log, GpuDevice device, @Nullable Screen screen) {
        this.vm = vm;
        this.log = log;
        this.device = device;
        this.screen = screen;
    }

    static boolean isPicture(int width, int height) {
        return width > 0 && height > 0 && width <= MAX_SIDE && height <= MAX_SIDE
                && (long) width * height <= Screen.MAX_PICTURE_BYTES / PixelFormat.BYTES_PER_PIXEL;
    }

    static String tooLarge(int width, int height) {
        return String.format("%d by %d pixels, at most %d a side and %d in all", Integer.toUnsignedLong(width),
                Integer.toUnsignedLong(height), MAX_SIDE, Screen.MAX_PICTURE_BYTES / PixelFormat.BYTES_PER_PIXEL);
    }

    static String outside(GpuResource resource, int x, int y, int width, int height, int inWidth, int inHeight) {
        return String.format("resource %d: %d by %d pixels at %d, %d lie outside %d by %d", resource.id(),
                Integer.toUnsignedLong(width), Integer.toUnsignedLong(height), Integer.toUnsignedLong(x),
                Integer.toUnsignedLong(y), inWidth, inHeight);
    }

    final Screen running() {
        if (screen == null) {
            throw new IllegalStateException("there is no screen");
        }
        return screen;
    }

    /** Answers the request on the loop when the screen is done with it. */
    final Consumer<@Nullable String> answer(GpuRequest request, int resource) {
        int incarnation = device.incarnation();
        return wrong -> device.onLoop(incarnation, () -> {
            if (wrong == null) {
                request.respond(RESP_OK_NODATA);
            } else {
                fail(request, RESP_ERR_UNSPEC, "resource " + resource + ": " + wrong);
            }
        }, () -> {});
    }

    final boolean has(GpuRequest request, int length) {
        if (request.fixedLength() < length) {
            fail(request, RESP_ERR_INVALID_PARAMETER, "has " + request.fixedLength() + " bytes, not " + length);
            return false;
        }
        return true;
    }

    final void fail(GpuRequest request, int responseType, String why) {
        ControlCommands.fail(log, LOG, vm, request, responseType, why);
    }

    /** Runs {@code then} on the loop once the screen is done with everything that was asked of it so far. */
    final void afterScreen(Screen running, Runnable then) {
        int incarnation = device.incarnation();
        running.run(() -> {}, _ -> device.onLoop(incarnation, then, () -> {}));
    }
}
