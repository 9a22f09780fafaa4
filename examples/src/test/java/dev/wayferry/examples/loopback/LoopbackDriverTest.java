package dev.wayferry.examples.loopback;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wayferry.examples.testing.GuestChannel;
import dev.wayferry.examples.testing.HostSocket.Connection;
import dev.wayferry.examples.virtgpu.VirtGpuContext;
import dev.wayferry.posix.Errno;
import dev.wayferry.posix.PosixException;
import dev.wayferry.wire.crossdomain.CrossDomain;
import dev.wayferry.wire.crossdomain.CrossDomainCapabilities;
import dev.wayferry.wire.gpu.CtrlHeader;
import dev.wayferry.wire.gpu.GetCapset;
import dev.wayferry.wire.gpu.RespCapsetInfo;
import dev.wayferry.wire.gpu.VirtioGpu;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Raw commands, and what Linux's driver keeps to. */
class LoopbackDriverTest extends HostProcessFixture {
    @SuppressWarnings("NullAway.Init")
    private LoopbackGpu gpu;

    @BeforeEach
    void boot() throws IOException {
        gpu = connect();
    }

    @AfterEach
    void shutDown() throws IOException {
        gpu.close();
        assertEquals(List.of(), gpu.vmm().violations(), this::logOfProcess);
    }

    private static byte[] request(int type, int length) {
        byte[] request = new byte[length];
        new CtrlHeader().wrap(MemorySegment.ofArray(request), 0).type(type);
        return request;
    }

    private static int typeOf(byte[] response) {
        return new CtrlHeader().wrap(MemorySegment.ofArray(response), 0).type();
    }

    @Test
    void crossDomainIsTheOnlyCapset() throws IOException {
        byte[] answer = gpu.driver().command(request(VirtioGpu.CMD_GET_CAPSET_INFO, 32), RespCapsetInfo.LENGTH);
        assertEquals(VirtioGpu.RESP_OK_CAPSET_INFO, typeOf(answer));
        RespCapsetInfo info = new RespCapsetInfo().wrap(MemorySegment.ofArray(answer), 0);
        assertEquals(VirtioGpu.CAPSET_CROSS_DOMAIN, info.capsetId());
        assertEquals(CrossDomainCapabilities.LENGTH, info.capsetMaxSize());
        assertThrows(PosixException.class, () -> gpu.capset(1, 0, 16));
        assertEquals(4, gpu.capset(VirtioGpu.CAPSET_CROSS_DOMAIN, 0, 4).length);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 7, 8, 24, 31, 4096})
    void descriptorsMayBeCutAnywhere(int descriptorLength) throws IOException {
        byte[] request = request(VirtioGpu.CMD_GET_CAPSET, GetCapset.LENGTH);
        new GetCapset().wrap(MemorySegment.ofArray(request), 0).capsetId(VirtioGpu.CAPSET_CROSS_DOMAIN);
        int length = CtrlHeader.LENGTH + CrossDomainCapabilities.LENGTH;
        byte[] whole = gpu.driver().command(request, length);
        assertEquals(length, whole.length);
        assertArrayEquals(whole, gpu.driver().command(request, length, descriptorLength));
    }

    @Test
    void anUnknownCommandEchoesItsFence() throws IOException {
        byte[] request = request(0x7777, 40);
        new CtrlHeader()
                .wrap(MemorySegment.ofArray(request), 0)
                .flags(VirtioGpu.FLAG_FENCE | VirtioGpu.FLAG_INFO_RING_IDX)
                .fenceId(0x1234_5678_9abcL)
                .ctxId(3)
                .ringIdx(1);
        byte[] answer = gpu.driver().command(request, CtrlHeader.LENGTH);
        CtrlHeader response = new CtrlHeader().wrap(MemorySegment.ofArray(answer), 0);
        assertEquals(VirtioGpu.RESP_ERR_UNSPEC, response.type());
        assertEquals(VirtioGpu.FLAG_FENCE | VirtioGpu.FLAG_INFO_RING_IDX, response.flags());
        assertEquals(0x1234_5678_9abcL, response.fenceId());
        assertEquals(3, response.ctxId());
        assertEquals(1, response.ringIdx());
    }

    @Test
    void everyCommandCutShortComesBack() throws IOException {
        for (int type = 0; type < 0x302; type++) {
            byte[] request = request(type, 96);
            for (int length : new int[] {1, 4, 23, 24, 25, 31, 33, 55}) {
                byte[] answer = gpu.driver().command(Arrays.copyOf(request, length), CtrlHeader.LENGTH);
                assertTrue(answer.length == 0 || answer.length == CtrlHeader.LENGTH);
            }
        }
        assertAlive();
    }

    @Test
    void commandsWithoutRoomForAResponseComeBack() throws IOException {
        for (int room = 0; room < CtrlHeader.LENGTH; room += 5) {
            byte[] answer = gpu.driver().command(request(VirtioGpu.CMD_GET_DISPLAY_INFO, 24), room);
            assertTrue(answer.length <= room);
        }
        assertAlive();
    }

    @Test
    void randomBytesComeBack() throws IOException {
        Random random = new Random(11);
        for (int i = 0; i < 3000; i++) {
            byte[] request = new byte[random.nextInt(300)];
            random.nextBytes(request);
            if (request.length >= CtrlHeader.LENGTH) {
                int type = random.nextBoolean() ? 0x100 + random.nextInt(16) : 0x200 + random.nextInt(10);
                // Not a POLL of a live context, which is meant to stay.
                new CtrlHeader().wrap(MemorySegment.ofArray(request), 0).type(type).ctxId(random.nextInt(3));
            }
            gpu.driver().command(request, random.nextInt(2) * CtrlHeader.LENGTH + random.nextInt(40), 1 + i % 64);
        }
        assertAlive();
    }

    @Test
    void longCommandsAreTakenOrRefused() throws IOException {
        for (int length : new int[] {6000, 70_000, 1 << 20}) {
            byte[] request = request(VirtioGpu.CMD_SUBMIT_3D, length);
            assertTrue(typeOf(gpu.driver().command(request, CtrlHeader.LENGTH)) >= VirtioGpu.RESP_ERR_UNSPEC);
        }
        assertAlive();
    }

    @Test
    void cursorCommandsAreTaken() throws IOException {
        for (int i = 0; i < 3000; i++) {
            gpu.driver().cursorCommand(request(VirtioGpu.CMD_MOVE_CURSOR, 56));
        }
    }

    @Test
    void contextNumbersAreTheLowestFree() throws IOException {
        VirtGpuContext one = open();
        VirtGpuContext two = open();
        VirtGpuContext three = open();
        two.close();
        try (VirtGpuContext again = open()) {
            assertEquals(2, ((LoopbackContext) again).id());
        }
        one.close();
        three.close();
        assertEquals(List.of(), gpu.driver().errors());
    }

    private VirtGpuContext open() throws IOException {
        return gpu.openContext(VirtioGpu.CAPSET_CROSS_DOMAIN, 2, 1L << CrossDomain.CHANNEL_RING);
    }

    @Test
    void contextsAreCheckedAsLinuxDoes() throws IOException {
        assertThrows(PosixException.class, () -> gpu.openContext(1, 2, 2));
        assertThrows(PosixException.class, () -> gpu.openContext(VirtioGpu.CAPSET_CROSS_DOMAIN, 65, 2));
        try (VirtGpuContext context = open()) {
            MemorySegment command = MemorySegment.ofArray(new byte[16]);
            assertThrows(PosixException.class, () -> context.submit(command, 2));
        }
    }

    @Test
    void eventsThatFitNoMoreAreRefused() throws IOException {
        try (GuestChannel guest = new GuestChannel(gpu);
                Connection connection = host.accept()) {
            for (int i = 0; i < 512; i++) {
                guest.poll();
            }
            PosixException full = assertThrows(PosixException.class, guest::poll);
            assertEquals(Errno.ENOMEM, full.errno());
            guest.close();
            connection.awaitEnd();
        }
        gpu.driver().await(gpu.driver()::isQuiet, "the POLLs");
        assertEquals(0, gpu.driver().pendingFences());
    }

    @Test
    void aFullQueueMakesSubmittersWait() throws IOException {
        gpu.close();
        gpu = connect(new VmmOptions(), new GuestOptions().queueSize(8));
        try (GuestChannel guest = new GuestChannel(gpu);
                Connection connection = host.accept()) {
            for (int i = 0; i < 2000; i++) {
                guest.send(new byte[] {(byte) i});
            }
            byte[] came = connection.receive(2000);
            for (int i = 0; i < came.length; i++) {
                assertEquals((byte) i, came[i]);
            }
        }
    }
}
