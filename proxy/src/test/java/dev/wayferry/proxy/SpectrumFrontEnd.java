package dev.wayferry.proxy;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.wayferry.posix.OwnedFd;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.NullUnmarked;

/**
 * cloud-hypervisor with Spectrum's patches, simulated: {@code cloud-hypervisor --gpu socket=PATH}.
 *
 * <p>It speaks crosvm's legacy messages without MQ and REPLY_ACK, passes neither EVENT_IDX nor INDIRECT on, hands over the
 * back-channel last, anew with each activation, and keeps mappings over a reset. Source: Spectrum,
 * pkgs/cloud-hypervisor/*.patch (for cloud-hypervisor 50.0).
 */
@NullUnmarked // what is missing fails the test at once
class SpectrumFrontEnd extends CrosvmFrontEnd {
    private static final int GET_SHARED_MEMORY_REGIONS = 1004;

    SpectrumFrontEnd(OwnedFd socket) throws IOException {
        super(socket, Release.OF_2024);
    }

    @Override
    void negotiate() throws IOException {
        send(SET_OWNER, false, bytes(0));
        offered = ask(GET_FEATURES, bytes(0)).getLong(0);
        acknowledgedProtocol =
                ask(GET_PROTOCOL_FEATURES, bytes(0)).getLong(0) & (1L << 9 | 1L << 5 | 1L << 31);
        send(SET_PROTOCOL_FEATURES, false, u64(acknowledgedProtocol));
        assertEquals(1, ask(GET_SHARED_MEMORY_REGIONS, bytes(0)).getLong(0), "exactly one region");
        assertEquals(1, config(8, 4, 1).getInt(12), "num_scanouts");
    }

    @Override
    long driverFeatures() {
        return offered & (1L << 32 | 1L << 0 | 1L << 2 | 1L << 3 | 1L << 4 | 1L << 30);
    }

    @Override
    void start(List<Ring> rings) throws IOException {
        send(SET_FEATURES, false, u64(driverFeatures()));
        send(SET_MEM_TABLE, false, memoryTable(), ramFile.number());
        for (Ring ring : rings) {
            send(SET_VRING_NUM, false, state(ring.index(), ring.size()));
        }
        for (Ring ring : rings) {
            send(SET_VRING_ADDR, false, address(ring));
            send(SET_VRING_BASE, false, state(ring.index(), ring.base()));
            send(SET_VRING_CALL, false, u64(ring.index()), ring.call());
            send(SET_VRING_KICK, false, u64(ring.index()), ring.kick());
        }
        enable(rings.size(), 1);
        connectBackChannel(false);
    }

    /** What a pause is here: the rings stay started. */
    void enable(int rings, int value) throws IOException {
        for (int i = 0; i < rings; i++) {
            send(SET_VRING_ENABLE, false, state(i, value));
        }
    }

    @Override
    void beforeServing() {}

    /** A mapping over another replaces it, and what was not mapped may be unmapped: nothing is refused. */
    @Override
    long refused(String what, long offset, long length) {
        return 0;
    }
}
