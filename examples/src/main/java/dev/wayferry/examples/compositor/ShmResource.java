package dev.wayferry.examples.compositor;

import dev.wayferry.posix.OwnedFd;
import dev.wayferry.wire.wayland.MalformedMessageException;
import dev.wayferry.wire.wayland.WaylandReader;
import dev.wayferry.wire.wayland.WlShm;

final class ShmResource extends Resource {
    ShmResource(Client client, int id, int version) {
        super(client, id, WlShm.INTERFACE, version);
    }

    void announceFormats() {
        event(WlShm.FORMAT_EVENT).putInt(WlShm.FORMAT_ARGB8888).end();
        event(WlShm.FORMAT_EVENT).putInt(WlShm.FORMAT_XRGB8888).end();
    }

    @Override
    void request(int opcode, WaylandReader args) throws ProtocolException, MalformedMessageException {
        switch (opcode) {
            case WlShm.CREATE_POOL -> {
                int id = client().newId(args);
                int size = args.readInt();
                var file = new OwnedFd(client().connection().takeFd());
                try {
                    if (size <= 0) {
                        throw error(WlShm.ERROR_INVALID_STRIDE, "a pool of " + size + " bytes");
                    }
                    display().shm().checkSize(this, file.number(), size);
                } catch (ProtocolException e) {
                    file.close();
                    throw e;
                }
                client().add(new ShmPool(this, id, file, size));
            }
            case WlShm.RELEASE -> destroy();
            default -> throw unhandled(opcode);
        }
    }
}
