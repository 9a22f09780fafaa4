package dev.wayferry.examples.compositor;

import dev.wayferry.wire.wayland.MalformedMessageException;
import dev.wayferry.wire.wayland.WaylandReader;
import dev.wayferry.wire.wayland.WlDataDevice;
import org.jspecify.annotations.Nullable;

final class DataDevice extends Resource {
    DataDevice(Resource parent, int id) {
        super(parent, id, WlDataDevice.INTERFACE);
    }

    /** Makes an offer of {@code source} known to the client. */
    DataOffer offer(DataSource source, boolean forDrag) {
        var offer = client().add(new DataOffer(this, client().newServerId(), source, forDrag));
        event(WlDataDevice.DATA_OFFER_EVENT).putInt(offer.id()).end();
        offer.announce();
        return offer;
    }

    /** What the clipboard holds now, or null for nothing. */
    void selection(@Nullable DataOffer offer) {
        event(WlDataDevice.SELECTION_EVENT)
                .putInt(offer == null ? 0 : offer.id())
                .end();
    }

    void enter(int serial, Surface surface, double x, double y, @Nullable DataOffer offer) {
        event(WlDataDevice.ENTER_EVENT)
                .putInt(serial)
                .putInt(surface.id())
                .putFixed(x)
                .putFixed(y)
                .putInt(offer == null ? 0 : offer.id())
                .end();
    }

    void leave() {
        event(WlDataDevice.LEAVE_EVENT).end();
    }

    void motion(int time, double x, double y) {
        event(WlDataDevice.MOTION_EVENT).putInt(time).putFixed(x).putFixed(y).end();
    }

    void drop() {
        event(WlDataDevice.DROP_EVENT).end();
    }

    @Override
    void request(int opcode, WaylandReader args) throws ProtocolException, MalformedMessageException {
        switch (opcode) {
            case WlDataDevice.START_DRAG -> {
                DataSource source = client().nullableObject(args, DataSource.class);
                Surface origin = client().object(args, Surface.class);
                Surface icon = client().nullableObject(args, Surface.class);
                int serial = args.readInt();
                if (icon != null && !(icon.role() instanceof DragIcon) && !icon.setRole(new DragIcon())) {
                    throw error(WlDataDevice.ERROR_ROLE, icon + " has another role");
                }
                display().data().startDrag(client(), source, origin, serial);
            }
            case WlDataDevice.SET_SELECTION -> {
                DataSource source = client().nullableObject(args, DataSource.class);
                display().data().setSelection(source, args.readInt());
            }
            case WlDataDevice.RELEASE -> destroy();
            default -> throw unhandled(opcode);
        }
    }

    /** The icon is not painted; its surface gets its role and its frame callbacks. */
    private static final class DragIcon implements Role {
        @Override
        public String roleName() {
            return "wl_data_device-icon";
        }
    }

    @Override
    void destroyed() {
        display().data().removeDevice(this);
    }
}
