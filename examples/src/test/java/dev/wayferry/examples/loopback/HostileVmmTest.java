package dev.wayferry.examples.loopback;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.wayferry.bridge.UnixSockets;
import dev.wayferry.examples.loopback.VhostUserSocket.Message;
import dev.wayferry.examples.testing.GuestChannel;
import dev.wayferry.examples.testing.HostSocket.Connection;
import dev.wayferry.posix.Memory;
import dev.wayferry.posix.OwnedFd;
import dev.wayferry.wire.vhostuser.VhostUser;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.SocketTimeoutException;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

/** VMMs and guests that break every rule; afterwards the host process serves the next one as if nothing had been. */
class HostileVmmTest extends HostProcessFixture {
    private static final int LAST_REQUEST = 50;
    private static final int PATIENCE_MILLIS = 60_000;

    @AfterEach
    void theNextGuestIsServed() throws IOException {
        assertAlive();
        try (LoopbackGpu gpu = connect();
                GuestChannel guest = new GuestChannel(gpu);
                Connection connection = host.accept()) {
            guest.send(new byte[] {1});
            assertEquals(1, connection.receive(1)[0]);
            guest.close();
            closeCleanly(gpu);
        }
    }

    @Test
    void requestsOfEachKindAndSizeAtTheVeryStart() throws IOException {
        for (int request = 0; request < LAST_REQUEST; request++) {
            for (int size : new int[] {0, 1, 8, 12, 40, 256, 4108}) {
                converse(request, size, 0);
            }
        }
    }

    @Test
    void requestsWithFilesThatNobodyWants() throws IOException {
        for (int request = 0; request < LAST_REQUEST; request++) {
            converse(request, Long.BYTES, 1);
            converse(request, 40, 8);
        }
    }

    /** Sends the request, and another that is answered if the session has not been ended for it. */
    private void converse(int request, int size, int files) throws IOException {
        try (VhostUserSocket vmm = session();
                OwnedFd file = OwnedFd.of(Memory.sealedMemfd("junk", Memory.PAGE_SIZE), "memfd")) {
            int[] fds = new int[files];
            Arrays.fill(fds, file.number());
            vmm.send(request, VhostUser.FLAG_NEED_REPLY, MemorySegment.ofArray(pattern(request, size)), fds);
            vmm.send(VhostUser.GET_FEATURES, 0, MemorySegment.ofArray(new byte[0]));
            Message reply;
            do {
                reply = vmm.receive(PATIENCE_MILLIS);
                reply.closeFds();
            } while (reply.request() != VhostUser.GET_FEATURES);
        } catch (SocketTimeoutException e) {
            throw e;
        } catch (IOException ended) {
            // As the host process likes it, but nothing else.
        }
    }

    /** A connection that is served, and not turned away because the one before is still being closed. */
    private VhostUserSocket session() throws IOException {
        while (true) {
            VhostUserSocket vmm = new VhostUserSocket(UnixSockets.connect(process.socket()));
            try {
                vmm.send(VhostUser.GET_FEATURES, 0, MemorySegment.ofArray(new byte[0]));
                vmm.receive(PATIENCE_MILLIS).closeFds();
                return vmm;
            } catch (SocketTimeoutException e) {
                vmm.close();
                throw e;
            } catch (IOException turnedAway) {
                vmm.close();
            }
        }
    }

    @RepeatedTest(20)
    void headersOfRandomBytes(RepetitionInfo repetition) throws IOException {
        Random random = new Random(repetition.getCurrentRepetition());
        try (VhostUserSocket vmm = session()) {
            byte[] bytes = new byte[random.nextInt(200)];
            random.nextBytes(bytes);
            vmm.sendRaw(MemorySegment.ofArray(bytes));
        }
    }

    @RepeatedTest(10)
    void requestsOfRandomContentsAfterTheStart(RepetitionInfo repetition) throws IOException {
        Random random = new Random(repetition.getCurrentRepetition());
        LoopbackGpu gpu = connect();
        try (gpu;
                GuestChannel guest = new GuestChannel(gpu);
                Connection connection = host.accept()) {
            guest.poll();
            gpu.vmm().exclusively(socket -> {
                for (int i = 0; i < 20; i++) {
                    byte[] payload = new byte[random.nextBoolean() ? 8 : 40];
                    random.nextBytes(payload);
                    payload[0] = (byte) random.nextInt(3);
                    payload[1] = 0;
                    payload[2] = 0;
                    payload[3] = 0;
                    socket.send(2 + random.nextInt(40), 0, MemorySegment.ofArray(payload));
                }
                return true;
            });
            gpu.vmm().disconnect();
            connection.awaitEnd();
        } catch (IOException sessionEnded) {
            // That is for the host process to decide.
        }
    }

    @RepeatedTest(20)
    void ringsOfRandomBytes(RepetitionInfo repetition) throws IOException {
        Random random = new Random(repetition.getCurrentRepetition());
        LoopbackGpu gpu = connect(new VmmOptions(), new GuestOptions().queueSize(64));
        try (gpu;
                GuestChannel guest = new GuestChannel(gpu);
                Connection connection = host.accept()) {
            guest.poll();
            MemorySegment ram = gpu.vmm().ram().memory();
            for (int i = 0; i < 50; i++) {
                // The control queue is the first thing in RAM.
                long at = GuestRam.FIRST_USABLE + random.nextInt(64 * 16 + 300);
                ram.set(ValueLayout.JAVA_BYTE, at, (byte) random.nextInt());
                gpu.vmm().kick(0);
            }
            gpu.vmm().disconnect();
            connection.awaitEnd();
        } catch (IOException sessionEnded) {
            // That is for the host process to decide.
        }
    }
}
