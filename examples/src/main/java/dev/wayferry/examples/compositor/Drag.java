package dev.wayferry.examples.compositor;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A drag from its start to the drop: which surface it is over, and what was offered there. */
final class Drag {
    private final Display display;
    private final Client client;
    private final @Nullable DataSource source;
    private final List<DataDevice> devices = new ArrayList<>();
    private final List<DataOffer> offers = new ArrayList<>();
    private @Nullable Surface focus;

    /** Without a source only the client's own surfaces hear of it. */
    Drag(Display display, Client client, @Nullable DataSource source) {
        this.display = display;
        this.client = client;
        this.source = source;
    }

    Client client() {
        return client;
    }

    @Nullable DataSource source() {
        return source;
    }

    /** The pointer is elsewhere, or something else is under it. */
    void motion() {
        Seat seat = display.seat();
        Scene.Hit hit = display.scene().pick(seat.x(), seat.y());
        if (hit != null && source == null && hit.surface().client() != client) {
            hit = null;
        }
        Surface surface = hit == null ? null : hit.surface();
        if (surface == focus) {
            if (hit != null) {
                int time = display.time();
                for (DataDevice device : devices) {
                    device.motion(time, hit.x(), hit.y());
                }
            }
            return;
        }
        leave();
        if (hit != null) {
            enter(hit);
        }
    }

    private void enter(Scene.Hit hit) {
        focus = hit.surface();
        int serial = display.nextSerial();
        for (DataDevice device : display.data().devicesOf(hit.surface().client())) {
            DataOffer offer = source == null ? null : display.data().offer(device, source, true);
            if (offer != null) {
                offers.add(offer);
            }
            devices.add(device);
            device.enter(serial, hit.surface(), hit.x(), hit.y(), offer);
            if (offer != null) {
                offer.chooseAction();
            }
        }
    }

    private void leave() {
        for (DataDevice device : devices) {
            device.leave();
        }
        for (DataOffer offer : offers) {
            offer.detach();
        }
        forgetFocus();
        if (source != null && source.acceptedType() != null) {
            source.target(null);
        }
    }

    private void forgetFocus() {
        devices.clear();
        offers.clear();
        focus = null;
    }

    /** The button is let go: a drop where it is welcome, else the drag is over without one. */
    void drop() {
        boolean welcome = source == null ? focus != null : offers.stream().anyMatch(DataOffer::wouldAccept);
        if (!welcome) {
            leave();
            if (source != null) {
                source.cancelled();
            }
            return;
        }
        for (DataOffer offer : offers) {
            offer.markDropped();
        }
        if (source != null) {
            source.dropPerformed();
        }
        for (DataDevice device : devices) {
            device.drop();
        }
        // The offers stay with their source: the data is fetched now.
        forgetFocus();
    }

    /** The source is gone: nothing can be dropped any more. */
    void abort() {
        for (DataDevice device : devices) {
            device.leave();
        }
        forgetFocus();
    }

    void surfaceGone(Surface surface) {
        if (focus == surface) {
            for (DataOffer offer : offers) {
                offer.detach();
            }
            forgetFocus();
        }
    }

    void deviceGone(DataDevice device) {
        devices.remove(device);
    }

    void offerGone(DataOffer offer) {
        offers.remove(offer);
    }
}
