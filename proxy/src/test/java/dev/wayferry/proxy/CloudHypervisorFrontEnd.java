package dev.wayferry.proxy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wayferry.posix.OwnedFd;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.NullUnmarked;

/**
 * cloud-hypervisor as it is released (v53), simulated: {@code --generic-vhost-user socket=PATH,device_type=gpu}.
 *
 * <p>It passes no feature bits of the device's own on and maps nothing, so its guest has no cross-domain. It asks for an
 * acknowledgement of every message, panics when GET_CONFIG fails, keeps the requests in flight for a back-end that dies,
 * and connects again. Source: cloud-hypervisor, virtio-devices/src/vhost_user.
 */
@NullUnmarked // what is missing fails the test at once
class CloudHypervisorFrontEnd extends FrontEnd {
    private boolean reconnected;
    private OwnedFd inflight;
    private ByteBuffer description;

    CloudHypervisorFrontEnd(OwnedFd socket) throws IOException {
        super(socket);
        this.echo = false;
    }

    @Override
    void negotiate() throws IOException {
        assertEquals(0, owner());
        offered = ask(GET_FEATURES, bytes(0)).getLong(0);
        if (!reconnected) {
            long known = 1L << 9 | 1L << 0 | 1L << 15 | 1L << 3 | 1L << 12 | 1L << 1 | 1L << 19 | 1L << 5;
            acknowledgedProtocol = ask(GET_PROTOCOL_FEATURES, bytes(0)).getLong(0) & known;
        }
        send(SET_PROTOCOL_FEATURES, false, u64(acknowledgedProtocol));
        assertEquals(2, ask(GET_QUEUE_NUM, bytes(0)).getLong(0));
        assertTrue((acknowledgedProtocol & 1L << 12) != 0, "INFLIGHT_SHMFD");
        for (int[] range : new int[][] {{0, 4}, {8, 8}, {0, 256}, {250, 200}, {4095, 1}, {5000, 4}}) {
            config(range[0], range[1], 1);
        }
    }

    private long owner() throws IOException {
        // Nothing is acknowledged before REPLY_ACK is.
        send(SET_OWNER, false, bytes(0));
        return 0;
    }

    /** INDIRECT, EVENT_IDX, VERSION_1, IN_ORDER, ORDER_PLATFORM, NOTIFICATION_DATA and LOG_ALL of what is offered. */
    @Override
    long driverFeatures() {
        return offered & (1L << 28 | 1L << 29 | 1L << 32 | 1L << 35 | 1L << 36 | 1L << 38 | 1L << 26 | 1L << 30);
    }

    @Override
    boolean maps() {
        return false;
    }

    @Override
    void setMemory() {}

    @Override
    void start(List<Ring> rings) throws IOException {
        assertEquals(0, acknowledged(SET_FEATURES, u64(driverFeatures())));
        assertEquals(0, acknowledged(SET_MEM_TABLE, memoryTable(), ramFile.number()));
        if (inflight == null) {
            // The structure comes with the padding of C at its end.
            send(GET_INFLIGHT_FD, true, bytes(24).putShort(16, (short) 2).putShort(18, (short) TestGuest.QUEUE_SIZE));
            inflight = receiveFd(GET_INFLIGHT_FD);
            description = received();
            assertEquals(24, description.limit());
            assertTrue(description.getLong(0) > 0);
        }
        assertEquals(0, acknowledged(SET_INFLIGHT_FD, description, inflight.number()));
        for (Ring ring : rings) {
            assertEquals(0, acknowledged(SET_VRING_NUM, state(ring.index(), ring.size())));
        }
        for (Ring ring : rings) {
            assertEquals(0, acknowledged(SET_VRING_ADDR, address(ring)));
            assertEquals(0, acknowledged(SET_VRING_BASE, state(ring.index(), ring.base())));
            assertEquals(0, acknowledged(SET_VRING_CALL, u64(ring.index()), ring.call()));
            assertEquals(0, acknowledged(SET_VRING_KICK, u64(ring.index()), ring.kick()));
        }
        for (Ring ring : rings) {
            assertEquals(0, acknowledged(SET_VRING_ENABLE, state(ring.index(), 1)));
        }
        connectBackChannel();
    }

    /** What it keeps for a back-end to come is not for another guest's start. */
    @Override
    void guestReset() {
        inflight.close();
        inflight = null;
    }

    @Override
    void reconnect(OwnedFd newSocket) throws IOException {
        reconnected = true;
        super.reconnect(newSocket);
    }

    /** Of all the back-end could ask it knows CONFIG_CHANGE_MSG only. */
    @Override
    long map(long offset, long length, OwnedFd fd) {
        fatal.add("SHMEM_MAP");
        fd.close();
        return 1;
    }

    @Override
    public void close() {
        if (inflight != null) {
            inflight.close();
        }
        super.close();
    }
}
