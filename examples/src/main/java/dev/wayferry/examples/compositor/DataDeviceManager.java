package dev.wayferry.examples.compositor;

import dev.wayferry.wire.wayland.MalformedMessageException;
import dev.wayferry.wire.wayland.WaylandReader;
import dev.wayferry.wire.wayland.WlDataDeviceManager;

final class DataDeviceManager extends Resource {
    DataDeviceManager(Client client, int id, int version) {
        super(client, id, WlDataDeviceManager.INTERFACE, version);
    }

    @Override
    void request(int opcode, WaylandReader args) throws ProtocolException, MalformedMessageException {
        switch (opcode) {
            case WlDataDeviceManager.CREATE_DATA_SOURCE -> client().add(new DataSource(this, client().newId(args)));
            case WlDataDeviceManager.GET_DATA_DEVICE -> {
                int id = client().newId(args);
                client().object(args, SeatResource.class);
                display().data().addDevice(client().add(new DataDevice(this, id)));
            }
            default -> throw unhandled(opcode);
        }
    }
}
