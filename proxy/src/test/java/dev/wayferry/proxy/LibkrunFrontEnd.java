package dev.wayferry.proxy;

import dev.wayferry.posix.OwnedFd;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.NullUnmarked;

/**
 * libkrun's vhost-user devices, simulated: {@code krun_add_vhost_user_device}.
 *
 * <p>It knows CONFIG and MQ only, says SET_OWNER as late as the activation, kicks before it calls, has one call eventfd for
 * all rings, and never resets. Source: libkrun, src/devices/src/virtio/vhost_user.
 */
@NullUnmarked // what is missing fails the test at once
class LibkrunFrontEnd extends FrontEnd {
    LibkrunFrontEnd(OwnedFd socket) throws IOException {
        super(socket);
        this.echo = false;
    }

    @Override
    void negotiate() throws IOException {
        offered = ask(GET_FEATURES, bytes(0)).getLong(0);
        acknowledgedProtocol = ask(GET_PROTOCOL_FEATURES, bytes(0)).getLong(0) & (1L << 9 | 1L << 0);
        send(SET_PROTOCOL_FEATURES, false, u64(acknowledgedProtocol));
        ask(GET_QUEUE_NUM, bytes(0));
        config(0, 16, 0);
    }

    @Override
    void setMemory() {}

    @Override
    void start(List<Ring> rings) throws IOException {
        send(SET_OWNER, false, bytes(0));
        send(SET_FEATURES, false, u64(driverFeatures()));
        send(SET_MEM_TABLE, false, memoryTable(), ramFile.number());
        for (Ring ring : rings) {
            send(SET_VRING_NUM, false, state(ring.index(), ring.size()));
            send(SET_VRING_ADDR, false, address(ring));
            send(SET_VRING_BASE, false, state(ring.index(), ring.base()));
            send(SET_VRING_KICK, false, u64(ring.index()), ring.kick());
            send(SET_VRING_CALL, false, u64(ring.index()), rings.getFirst().call());
            send(SET_VRING_ENABLE, false, state(ring.index(), 1));
        }
    }

    @Override
    boolean maps() {
        return false;
    }
}
