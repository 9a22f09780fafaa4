package dev.wayferry.examples.compositor;

import dev.wayferry.wire.wayland.MalformedMessageException;
import dev.wayferry.wire.wayland.WaylandReader;
import dev.wayferry.wire.wayland.WlDisplay;
import dev.wayferry.wire.wayland.WlRegion;
import java.util.ArrayList;
import java.util.List;

final class RegionResource extends Resource {
    private static final int MAX_OPERATIONS = 4096;

    private final List<Region.Operation> operations = new ArrayList<>();

    RegionResource(Resource parent, int id) {
        super(parent, id, WlRegion.INTERFACE);
    }

    /** What has been built so far. */
    Region region() {
        return new Region(List.copyOf(operations));
    }

    @Override
    void request(int opcode, WaylandReader args) throws ProtocolException, MalformedMessageException {
        switch (opcode) {
            case WlRegion.DESTROY -> destroy();
            case WlRegion.ADD, WlRegion.SUBTRACT -> {
                if (operations.size() >= MAX_OPERATIONS) {
                    throw new ProtocolException(
                            id(), WlDisplay.ERROR_NO_MEMORY, "a region of more than " + MAX_OPERATIONS + " rectangles");
                }
                operations.add(new Region.Operation(
                        opcode == WlRegion.ADD, args.readInt(), args.readInt(), args.readInt(), args.readInt()));
            }
            default -> throw unhandled(opcode);
        }
    }
}
