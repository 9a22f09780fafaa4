package dev.wayferry.examples.compositor;

import dev.wayferry.wire.wayland.MalformedMessageException;
import dev.wayferry.wire.wayland.WaylandReader;
import dev.wayferry.wire.wayland.WlDataDeviceManager;
import dev.wayferry.wire.wayland.WlDataSource;
import java.util.LinkedHashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Data that a client has to give, for the clipboard or a drag. */
final class DataSource extends Resource {
    private static final int MAX_TYPES = 1024;
    private static final int ACTIONS_SINCE = 3;
    private static final int ALL_ACTIONS = WlDataDeviceManager.DND_ACTION_COPY
            | WlDataDeviceManager.DND_ACTION_MOVE
            | WlDataDeviceManager.DND_ACTION_ASK;

    private final Set<String> types = new LinkedHashSet<>();
    /** Before version 3 every drag is a copy. */
    private int actions;

    private boolean actionsSet;
    private boolean used;
    private @Nullable String acceptedType;
    private int action;

    DataSource(Resource parent, int id) {
        super(parent, id, WlDataSource.INTERFACE);
        actions = parent.version() < ACTIONS_SINCE ? WlDataDeviceManager.DND_ACTION_COPY : 0;
    }

    Set<String> types() {
        return types;
    }

    int actions() {
        return actions;
    }

    /** The type that the surface under a drag wants, or null. */
    @Nullable String acceptedType() {
        return acceptedType;
    }

    /** Notes its one use; for the clipboard a source must not have actions. */
    void use(boolean forDrag) throws ProtocolException {
        if (used || (!forDrag && actionsSet)) {
            throw error(WlDataSource.ERROR_INVALID_SOURCE, used ? "was used before" : "is for a drag, by its actions");
        }
        used = true;
    }

    /** Takes ownership of {@code fd}, into which the client is to write its data. */
    void send(String type, int fd) {
        client().connection().queueFd(fd);
        event(WlDataSource.SEND_EVENT).putString(type).end();
    }

    void target(@Nullable String type) {
        acceptedType = type;
        event(WlDataSource.TARGET_EVENT).putString(type).end();
    }

    void action(int newAction) {
        if (version() >= ACTIONS_SINCE && action != newAction) {
            action = newAction;
            event(WlDataSource.ACTION_EVENT).putInt(newAction).end();
        }
    }

    void dropPerformed() {
        if (version() >= ACTIONS_SINCE) {
            event(WlDataSource.DND_DROP_PERFORMED_EVENT).end();
        }
    }

    void finished() {
        if (version() >= ACTIONS_SINCE) {
            event(WlDataSource.DND_FINISHED_EVENT).end();
        }
    }

    void cancelled() {
        event(WlDataSource.CANCELLED_EVENT).end();
    }

    @Override
    void request(int opcode, WaylandReader args) throws ProtocolException, MalformedMessageException {
        switch (opcode) {
            case WlDataSource.OFFER -> {
                if (types.size() < MAX_TYPES) {
                    types.add(args.readString());
                }
            }
            case WlDataSource.DESTROY -> destroy();
            case WlDataSource.SET_ACTIONS -> {
                int value = args.readInt();
                if ((value & ~ALL_ACTIONS) != 0) {
                    throw error(WlDataSource.ERROR_INVALID_ACTION_MASK, "actions 0x" + Integer.toHexString(value));
                }
                if (used) {
                    throw error(WlDataSource.ERROR_INVALID_SOURCE, "is in use already");
                }
                actions = value;
                actionsSet = true;
            }
            default -> throw unhandled(opcode);
        }
    }

    @Override
    void destroyed() {
        display().data().sourceGone(this);
    }
}
