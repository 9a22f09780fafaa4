package dev.wayferry.examples.compositor;

import dev.wayferry.posix.Posix;
import dev.wayferry.wire.wayland.MalformedMessageException;
import dev.wayferry.wire.wayland.WaylandReader;
import dev.wayferry.wire.wayland.WlDataDeviceManager;
import dev.wayferry.wire.wayland.WlDataOffer;
import org.jspecify.annotations.Nullable;

/** A client's view of another's data. */
final class DataOffer extends Resource {
    private static final int ACTIONS_SINCE = 3;

    private final boolean forDrag;
    private @Nullable DataSource source;
    private int action;
    private int wantedActions;
    private int preferredAction;
    private boolean dropped;
    private boolean finished;

    DataOffer(Resource device, int id, DataSource source, boolean forDrag) {
        super(device, id, WlDataOffer.INTERFACE);
        this.source = source;
        this.forDrag = forDrag;
        if (device.version() < ACTIONS_SINCE) {
            wantedActions = WlDataDeviceManager.DND_ACTION_COPY;
        }
    }

    /** Sends what there is to have. */
    void announce() {
        DataSource from = source;
        if (from == null) {
            return;
        }
        for (String type : from.types()) {
            event(WlDataOffer.OFFER_EVENT).putString(type).end();
        }
        if (forDrag && version() >= ACTIONS_SINCE) {
            event(WlDataOffer.SOURCE_ACTIONS_EVENT).putInt(from.actions()).end();
        }
    }

    @Nullable DataSource source() {
        return source;
    }

    /** The source is gone, or the drag has gone elsewhere: what is asked for now gets an empty file. */
    void detach() {
        source = null;
    }

    /** Whether a drop here would be taken. */
    boolean wouldAccept() {
        return source != null && source.acceptedType() != null && action != WlDataDeviceManager.DND_ACTION_NONE;
    }

    void markDropped() {
        dropped = true;
    }

    /** Agrees on what the drag will do: the receiver's preference if the source has it, else the least that both have. */
    void chooseAction() {
        DataSource from = source;
        if (from == null) {
            return;
        }
        int common = from.actions() & wantedActions;
        int chosen = (common & preferredAction) != 0 ? preferredAction : Integer.lowestOneBit(common);
        if (chosen != action) {
            action = chosen;
            if (version() >= ACTIONS_SINCE) {
                event(WlDataOffer.ACTION_EVENT).putInt(chosen).end();
            }
        }
        from.action(chosen);
    }

    @Override
    void request(int opcode, WaylandReader args) throws ProtocolException, MalformedMessageException {
        switch (opcode) {
            case WlDataOffer.ACCEPT -> {
                args.readInt();
                String type = args.readNullableString();
                if (source != null && forDrag && !dropped) {
                    source.target(type);
                }
            }
            case WlDataOffer.RECEIVE -> {
                String type = args.readString();
                int fd = client().connection().takeFd();
                if (source == null) {
                    Posix.close(fd);
                } else {
                    source.send(type, fd);
                }
            }
            case WlDataOffer.DESTROY -> destroy();
            case WlDataOffer.FINISH -> {
                if (!forDrag || !dropped || finished) {
                    throw error(WlDataOffer.ERROR_INVALID_FINISH, "there was no drop");
                }
                finished = true;
                if (source != null) {
                    source.finished();
                }
            }
            case WlDataOffer.SET_ACTIONS -> {
                if (!forDrag) {
                    throw error(WlDataOffer.ERROR_INVALID_OFFER, "is of the clipboard, not of a drag");
                }
                wantedActions = args.readInt();
                preferredAction = args.readInt();
                if (Integer.bitCount(preferredAction) > 1) {
                    throw error(
                            WlDataOffer.ERROR_INVALID_ACTION, "prefers actions 0x" + Integer.toHexString(preferredAction));
                }
                chooseAction();
            }
            default -> throw unhandled(opcode);
        }
    }

    @Override
    void destroyed() {
        DataSource from = source;
        if (from != null && dropped && !finished) {
            if (version() >= ACTIONS_SINCE) {
                from.cancelled();
            } else {
                from.finished();
            }
        }
        display().data().offerGone(this);
    }
}
