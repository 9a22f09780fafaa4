package dev.wayferry.proxy;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.wayferry.posix.OwnedFd;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.NullUnmarked;

/**
 * crosvm, simulated: {@code crosvm run --vhost-user gpu,socket=PATH}.
 *
 * <p>It ends the VM when a request of the back-end's fails or is unknown, keeps mappings over a reset of its guest, serves
 * the back-channel only while the device is active, and never asks for an acknowledgement. Source: crosvm,
 * devices/src/virtio/vhost_user_frontend and third_party/vmm_vhost.
 */
@NullUnmarked // what is missing fails the test at once
class CrosvmFrontEnd extends FrontEnd {
    /** The messages for shared memory have changed with the years. */
    enum Release {
        /** From 2024-03 (e428c4ba): requests 1000, 1001 and 1004, always answered. */
        OF_2024(31, false),
        /** From 2025-12-19 (66ddd759): the standard's requests under bit 20, before REPLY_ACK. */
        OF_2025_12(20, false),
        /** From 2026-01-14 (836a14db): with REPLY_ACK. */
        OF_2026_01(20, true),
        /** From 2026-03-09 (a6bc3bc1): under bit 21. */
        OF_2026_03(21, true),
        /** From 2026-08-04 (8ae81e77): under bit 22, the standard. */
        OF_2026_08(22, true);

        final int shmem;
        final boolean replyAck;

        Release(int shmem, boolean replyAck) {
            this.shmem = shmem;
            this.replyAck = replyAck;
        }
    }

    private static final int GET_SHARED_MEMORY_REGIONS = 1004;
    private static final int LEGACY_MAP = 1000;
    private static final int LEGACY_UNMAP = 1001;

    private final Release release;
    private volatile CountDownLatch active = new CountDownLatch(1);

    CrosvmFrontEnd(OwnedFd socket, Release release) throws IOException {
        super(socket);
        this.release = release;
        this.echo = false;
    }

    /** In the order of VhostUserFrontend::new_internal. */
    @Override
    void negotiate() throws IOException {
        send(SET_OWNER, false, bytes(0));
        offered = ask(GET_FEATURES, bytes(0)).getLong(0);
        long known = 1L << 9 | 1L << 0 | 1L << 5 | 1L << 19 | 1L << release.shmem | (release.replyAck ? 1L << 3 : 0);
        acknowledgedProtocol = ask(GET_PROTOCOL_FEATURES, bytes(0)).getLong(0) & known;
        send(SET_PROTOCOL_FEATURES, false, u64(acknowledgedProtocol));
        connectBackChannel(false);
        assertEquals(2, ask(GET_QUEUE_NUM, bytes(0)).getLong(0));
        if (release.shmem != 22) {
            // Until 2026-02-12 also here, later only at activation.
            send(SET_FEATURES, false, u64(driverFeatures()));
        }
        if (release.shmem == 31) {
            ByteBuffer regions = ask(GET_SHARED_MEMORY_REGIONS, bytes(0));
            assertEquals(8 + 16, regions.limit());
            assertEquals(1, regions.getLong(0), "exactly one region");
            assertEquals(1, regions.get(8), "the host-visible one");
            assertEquals(TestVm.WINDOW, regions.getLong(16));
        } else {
            ByteBuffer regions = ask(GET_SHMEM_CONFIG, bytes(0));
            assertEquals(2056, regions.limit());
            assertEquals(1, regions.getInt(0), "exactly one region");
            assertEquals(TestVm.WINDOW, regions.getLong(8 + 8));
        }
        assertEquals(1, config(8, 4, 0).getInt(12), "num_scanouts");
    }

    /** Device bits, VERSION_1, EVENT_IDX and SUSPEND are passed on, INDIRECT is not. */
    @Override
    long driverFeatures() {
        return offered & (0xfffc_0000_00ff_ffffL | 1L << 29 | 1L << 30 | 1L << 32 | 1L << 42);
    }

    @Override
    boolean maps() {
        return true;
    }

    /** Comes with the activation. */
    @Override
    void setMemory() {}

    @Override
    void start(List<Ring> rings) throws IOException {
        send(SET_FEATURES, false, u64(driverFeatures()));
        send(SET_MEM_TABLE, false, memoryTable(), ramFile.number());
        for (Ring ring : rings) {
            send(SET_VRING_NUM, false, state(ring.index(), ring.size()));
            send(SET_VRING_ADDR, false, address(ring));
            send(SET_VRING_BASE, false, state(ring.index(), ring.base()));
            send(SET_VRING_CALL, false, u64(ring.index()), ring.call());
            send(SET_VRING_KICK, false, u64(ring.index()), ring.kick());
            send(SET_VRING_ENABLE, false, state(ring.index(), 1));
        }
        active.countDown();
    }

    @Override
    int[] stop(int rings) throws IOException {
        int[] bases = new int[rings];
        for (int i = 0; i < rings; i++) {
            send(SET_VRING_ENABLE, false, state(i, 0));
            bases[i] = base(i);
        }
        active = new CountDownLatch(1);
        return bases;
    }

    @Override
    void beforeServing() throws InterruptedException {
        active.await();
    }

    /** Its mappings stay. */
    @Override
    void guestReset() {}

    @Override
    boolean answers(int flags) {
        return !release.replyAck || super.answers(flags);
    }

    @Override
    synchronized long serve(int request, MemorySegment room, OwnedFd fd) throws IOException {
        if (release.shmem != 31) {
            return super.serve(request, room, fd);
        }
        return switch (request) {
            case LEGACY_MAP -> {
                assertEquals(12 + 32, 12 + room.get(ValueLayout.JAVA_INT, 8));
                assertEquals(3, room.get(ValueLayout.JAVA_BYTE, 12), "PROT_READ and PROT_WRITE");
                assertEquals(1, room.get(ValueLayout.JAVA_BYTE, 13), "shmid");
                assertEquals(0, room.get(ValueLayout.JAVA_LONG_UNALIGNED, 12 + 16), "fd_offset");
                yield map(room.get(ValueLayout.JAVA_LONG_UNALIGNED, 12 + 8),
                        room.get(ValueLayout.JAVA_LONG_UNALIGNED, 12 + 24), fd);
            }
            case LEGACY_UNMAP -> {
                assertEquals(12 + 24, 12 + room.get(ValueLayout.JAVA_INT, 8));
                assertEquals(1, room.get(ValueLayout.JAVA_BYTE, 12), "shmid");
                yield unmap(room.get(ValueLayout.JAVA_LONG_UNALIGNED, 12 + 8),
                        room.get(ValueLayout.JAVA_LONG_UNALIGNED, 12 + 16));
            }
            default -> unknown(request);
        };
    }

    /** The worker sends the error and ends; then the device has crashed, and the VM with it. */
    @Override
    long refused(String what, long offset, long length) {
        fatal.add(String.format("%s 0x%x+0x%x can't be done", what, offset, length));
        return 1;
    }
}
