package dev.wayferry.examples.compositor;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The clipboard and the drag under way; the data itself goes from client to client through their own pipes. */
final class DataExchange {
    private final Display display;
    private final List<DataDevice> devices = new ArrayList<>();
    private final List<DataOffer> offers = new ArrayList<>();
    private @Nullable DataSource selection;
    private int selectionSerial;
    private @Nullable Drag drag;

    DataExchange(Display display) {
        this.display = display;
    }

    @Nullable Drag drag() {
        return drag;
    }

    @Nullable DataSource selection() {
        return selection;
    }

    List<DataDevice> devicesOf(Client client) {
        var result = new ArrayList<DataDevice>();
        for (DataDevice device : devices) {
            if (device.client() == client) {
                result.add(device);
            }
        }
        return result;
    }

    void addDevice(DataDevice device) {
        devices.add(device);
        Surface focus = display.seat().keyboardFocus();
        if (focus != null && focus.client() == device.client()) {
            announceSelection(device);
        }
    }

    void removeDevice(DataDevice device) {
        devices.remove(device);
        if (drag != null) {
            drag.deviceGone(device);
        }
    }

    /** Replaces the clipboard's content, unless the request is older than the last one; null empties it. */
    void setSelection(@Nullable DataSource source, int serial) throws ProtocolException {
        if (source != null) {
            source.use(false);
        }
        if (selection != null && serial - selectionSerial < 0) {
            if (source != null) {
                source.cancelled();
            }
            return;
        }
        DataSource old = selection;
        selection = source;
        selectionSerial = serial;
        if (old != null && old != source) {
            detachOffersOf(old);
            old.cancelled();
        }
        announceSelection();
    }

    private void announceSelection() {
        Surface focus = display.seat().keyboardFocus();
        if (focus != null) {
            keyboardEntered(focus.client());
        }
    }

    /** The client with the keyboard is told what the clipboard holds. */
    void keyboardEntered(Client client) {
        if (!client.hasEnded()) {
            for (DataDevice device : devicesOf(client)) {
                announceSelection(device);
            }
        }
    }

    private void announceSelection(DataDevice device) {
        if (selection == null) {
            device.selection(null);
        } else {
            device.selection(offer(device, selection, false));
        }
    }

    /** Offers {@code source}'s data to a client, for as long as the source lives. */
    DataOffer offer(DataDevice device, DataSource source, boolean forDrag) {
        DataOffer offer = device.offer(source, forDrag);
        offers.add(offer);
        return offer;
    }

    /** Starts a drag, if {@code serial} is of the press that still holds the pointer on the client's surface. */
    void startDrag(Client client, @Nullable DataSource source, Surface origin, int serial) throws ProtocolException {
        Seat seat = display.seat();
        boolean held = seat.isButtonPressed()
                && seat.pointerFocus() == origin
                && origin.client() == client
                && serial == seat.buttonSerial();
        if (source != null) {
            source.use(true);
        }
        if (drag != null || !held) {
            if (source != null) {
                source.cancelled();
            }
            return;
        }
        drag = new Drag(display, client, source);
        seat.dragStarted();
        drag.motion();
    }

    void dragMotion() {
        if (drag != null) {
            drag.motion();
        }
    }

    void drop() {
        if (drag != null) {
            drag.drop();
            drag = null;
        }
    }

    void sourceGone(DataSource source) {
        detachOffersOf(source);
        if (drag != null && drag.source() == source) {
            drag.abort();
            drag = null;
        }
        if (selection == source) {
            selection = null;
            announceSelection();
        }
    }

    private void detachOffersOf(DataSource source) {
        for (DataOffer offer : List.copyOf(offers)) {
            if (offer.source() == source) {
                offer.detach();
                offers.remove(offer);
            }
        }
    }

    void offerGone(DataOffer offer) {
        offers.remove(offer);
        if (drag != null) {
            drag.offerGone(offer);
        }
    }

    void surfaceGone(Surface surface) {
        if (drag != null) {
            drag.surfaceGone(surface);
            if (surface.client().hasEnded() && drag.client() == surface.client()) {
                drag.abort();
                drag = null;
            }
        }
    }
}
