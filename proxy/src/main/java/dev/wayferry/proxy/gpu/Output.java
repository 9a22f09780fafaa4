package dev.wayferry.proxy.gpu;

import dev.wayferry.proxy.log.GuestLog;
import dev.wayferry.proxy.screen.ScanoutSettings;
import dev.wayferry.proxy.virtio.VmmNotices;
import dev.wayferry.wire.gpu.VirtioGpu;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one display that the guest is told of. When its size changes while the guest's driver runs, that is an event of the
 * configuration space, which the driver clears when it has taken notice. Belongs to the loop.
 *
 * <p>Source: virtio specification, GPU Device, "Device configuration layout" and "Device Initialization".
 */
final class Output {
    private static final Logger LOG = LoggerFactory.getLogger(Output.class);

    private final String vm;
    private final GuestLog log;
    private final boolean enabled;
    private final ResourceKeeper keeper;
    private final VmmNotices notices;
    private int width;
    private int height;
    private int events;

    /** Whether the size is another than the driver was told last. */
    private boolean unseen;

    private boolean known;

    /** Whether the keeper has a notice to give that it has not begun with. */
    private final AtomicBoolean telling = new AtomicBoolean();

    /** @param enabled whether there is something on the host that shows it */
    Output(
            String vm, GuestLog log, boolean enabled, int width, int height, ResourceKeeper keeper, VmmNotices notices) {
        this.vm = vm;
        this.log = log;
        this.enabled = enabled;
        this.width = width;
        this.height = height;
        this.keeper = keeper;
        this.notices = notices;
    }

    boolean isEnabled() {
        return enabled;
    }

    int width() {
        return width;
    }

    int height() {
        return height;
    }

    /** The field events_read. */
    int events() {
        return events;
    }

    /** The user wants another size. */
    void resize(int newWidth, int newHeight) {
        int clampedWidth = Math.clamp(newWidth, ScanoutSettings.MIN_SIDE, ScanoutSettings.MAX_SIDE);
        int clampedHeight = Math.clamp(newHeight, ScanoutSettings.MIN_SIDE, ScanoutSettings.MAX_SIDE);
        if (clampedWidth == width && clampedHeight == height) {
            return;
        }
        width = clampedWidth;
        height = clampedHeight;
        unseen = true;
        if (known && (events & VirtioGpu.EVENT_DISPLAY) == 0) {
            raise();
        }
    }

    private void raise() {
        if (!notices.canTellOfConfig()) {
            log.info(LOG, "vm={} the guest can't be told of a screen of {} by {}: the VMM has not taken BACKEND_REQ, CONFIG"
                    + " and REPLY_ACK", vm, width, height);
            return;
        }
        events |= VirtioGpu.EVENT_DISPLAY;
        // One at a time is enough, and a guest that clears the event again and again gets no longer queue out of it.
        if (telling.compareAndSet(false, true)) {
            keeper.tell(() -> {
                telling.set(false);
                notices.configChanged();
            });
        }
    }

    /** The driver is told the size now. */
    void told() {
        known = true;
        unseen = false;
    }

    /** The driver has written {@code cleared} to events_clear. */
    void clear(int cleared) {
        events &= ~cleared;
        if (unseen && (events & VirtioGpu.EVENT_DISPLAY) == 0) {
            raise();
        }
    }

    /** A driver that knows nothing yet. */
    void reset() {
        events = 0;
        known = false;
        unseen = false;
    }
}
