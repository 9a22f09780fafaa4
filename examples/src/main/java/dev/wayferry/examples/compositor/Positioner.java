package dev.wayferry.examples.compositor;

import dev.wayferry.wire.wayland.MalformedMessageException;
import dev.wayferry.wire.wayland.WaylandReader;
import dev.wayferry.wire.wayland.XdgPositioner;

final class Positioner extends Resource {
    private PopupPlacement placement = PopupPlacement.NONE;

    Positioner(Resource parent, int id) {
        super(parent, id, XdgPositioner.INTERFACE);
    }

    /** The rules so far; a popup keeps them when the positioner changes. */
    PopupPlacement placement() throws ProtocolException {
        if (placement.width() <= 0 || placement.height() <= 0 || placement.anchorRectangle() == null) {
            throw error(XdgPositioner.ERROR_INVALID_INPUT, "incomplete: a size and an anchor rectangle are needed");
        }
        return placement;
    }

    @Override
    void request(int opcode, WaylandReader args) throws ProtocolException, MalformedMessageException {
        switch (opcode) {
            case XdgPositioner.DESTROY -> destroy();
            case XdgPositioner.SET_SIZE -> {
                int width = args.readInt();
                int height = args.readInt();
                if (width <= 0 || height <= 0) {
                    throw error(XdgPositioner.ERROR_INVALID_INPUT, "a size of " + width + "x" + height);
                }
                placement = placement.withSize(width, height);
            }
            case XdgPositioner.SET_ANCHOR_RECT -> {
                int x = args.readInt();
                int y = args.readInt();
                int width = args.readInt();
                int height = args.readInt();
                if (width < 0 || height < 0) {
                    throw error(XdgPositioner.ERROR_INVALID_INPUT, "an anchor of " + width + "x" + height);
                }
                placement = placement.withAnchorRectangle(new Rectangle(x, y, width, height));
            }
            case XdgPositioner.SET_ANCHOR -> placement = placement.withAnchor(edges(args.readInt()));
            case XdgPositioner.SET_GRAVITY -> placement = placement.withGravity(edges(args.readInt()));
            case XdgPositioner.SET_CONSTRAINT_ADJUSTMENT -> placement = placement.withAdjustment(args.readInt());
            case XdgPositioner.SET_OFFSET -> placement = placement.withOffset(args.readInt(), args.readInt());
            case XdgPositioner.SET_REACTIVE,
                    XdgPositioner.SET_PARENT_SIZE,
                    XdgPositioner.SET_PARENT_CONFIGURE -> {
                // Windows keep their places here.
            }
            default -> throw unhandled(opcode);
        }
    }

    private int edges(int value) throws ProtocolException {
        if (value < XdgPositioner.ANCHOR_NONE || value > XdgPositioner.ANCHOR_BOTTOM_RIGHT) {
            throw error(XdgPositioner.ERROR_INVALID_INPUT, "edges " + value);
        }
        return value;
    }
}
