package dev.wayferry.proxy;

import static dev.wayferry.proxy.TestVm.assertOk;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wayferry.posix.Errno;
import dev.wayferry.posix.Memory;
import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.PosixException;
import dev.wayferry.posix.Sockets;
import dev.wayferry.proxy.TestCompositor.Connection;
import dev.wayferry.proxy.TestGuest.Pending;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A VMM that cuts its guest's memory off, or what it keeps for the device, under a process that is using it. */
class TruncatedMemoryTest {
    /** Behind the rings; what is long lies above. */
    private static final long RINGS_END = 0x100_0000;
    private static final int TIMES = 12;
    private static final int REQUESTS = 100;
    private static final int LATEST_MICROS = 2000;
    private static final int A_MOMENT_MILLIS = 10;
    private static final long PATIENCE_NANOS = TimeUnit.MINUTES.toNanos(2);

    @TempDir
    Path folder;

    @Test
    void endsTheSessionAtWhicheverMomentAndNeverTheProcess() throws Exception {
        Random random = new Random(11);
        Path socket = folder.resolve("gpu");
        try (TestCompositor compositor = new TestCompositor(folder);
                CommandLineTest.Serving serving = new CommandLineTest.Serving(CommandLineTest.wayferry(
                        Map.of(),
                        "--socket-path=" + socket,
                        "--wayland-display=" + compositor.path(),
                        "--log-level=info"))) {
            cutOffAt(socket, compositor, 0);
            Map<String, Integer> before = OpenFds.now(serving.process.pid());
            for (int i = 0; i < TIMES; i++) {
                cutOffAt(socket, compositor, random.nextInt(LATEST_MICROS));
            }
            OpenFds.awaitNoMoreThan(serving.process.pid(), before);
            assertTrue(serving.process.isAlive());
        }
    }

    /** A VMM comes, its guest sends, and so many microseconds later there is no memory any more. */
    private static void cutOffAt(Path socket, TestCompositor compositor, int micros) throws Exception {
        try (FrontEnd vmm = new FrontEnd(Sockets.connect(socket.toString()))) {
            vmm.negotiate();
            vmm.setMemory();
            try (TestGuest guest = new TestGuest(vmm)) {
                guest.channel(1);
                try (Connection client = compositor.accept()) {
                    assertOk(guest.request(TestGuest.send(1, "x")));
                    assertEquals("x", client.readText(1));
                    for (int i = 0; i < REQUESTS; i++) {
                        var unused = guest.submit(TestGuest.send(1, "x"));
                    }
                    LockSupport.parkNanos(micros * 1000L);
                    assertEquals(0, Memory.ftruncate(vmm.ramFile.number(), 0));
                    guest.kickAnyway();
                    sendUnlessHungUp(client, "wakes it, if the kick does not");
                    assertTrue(vmm.isHungUp());
                    long deadline = System.nanoTime() + PATIENCE_NANOS;
                    while (!client.isHungUp()) {
                        assertTrue(System.nanoTime() < deadline, "the compositor's connection is still there");
                    }
                }
            }
        }
    }

    private static void sendUnlessHungUp(Connection client, String text) throws PosixException {
        try {
            client.send(text);
        } catch (PosixException e) {
            assertTrue(e.errno() == Errno.EPIPE || e.errno() == Errno.ECONNRESET, e.getMessage());
        }
    }

    @Test
    void endsTheSessionOrTheStreamWhenBytesThatWaitForTheCompositorAreGone() throws Exception {
        try (TestVm vm = new TestVm()) {
            vm.guest.channel(1);
            try (Connection slow = vm.compositor.accept()) {
                Pending held;
                do {
                    held = vm.guest.submit(TestGuest.send(1, new byte[100_000]));
                    vm.guest.barrier();
                } while (vm.guest.isDone(held));
                assertEquals(0, Memory.ftruncate(vm.vmm.ramFile.number(), RINGS_END));
                boolean connected = true;
                long deadline = System.nanoTime() + PATIENCE_NANOS;
                while (connected && !vm.guest.isDone(held)) {
                    assertTrue(System.nanoTime() < deadline, "neither ends");
                    // What had been taken before goes on its way.
                    connected = !slow.isReadable(A_MOMENT_MILLIS) || slow.readSome(1 << 16).length > 0;
                }
                if (connected) {
                    // There was room for it at once, so it was the kernel that did not find it.
                    assertEquals(TestGuest.ERR_INVALID_PARAMETER, vm.guest.await(held).type());
                    assertEquals(0, vm.guest.receive(1).data().length, "the end");
                } else {
                    assertTrue(vm.vmm.isHungUp());
                }
            }
        }
    }

    @Test
    void endsTheSessionWhenItsInflightMemoryIsCutOff() throws Exception {
        try (TestVm vm = new TestVm(FrontEnd::new, _ -> {})) {
            int[] bases = vm.guest.stop();
            try (OwnedFd inflight = OwnedFd.of(Memory.memfdCreate("inflight"), "memfd")) {
                assertEquals(0, Memory.ftruncate(inflight.number(), 1 << 16));
                assertEquals(0, Memory.addSeals(inflight.number(), Memory.F_SEAL_SEAL));
                ByteBuffer description = FrontEnd.bytes(20).putLong(0, 1 << 16);
                description.putShort(16, (short) 2).putShort(18, (short) TestGuest.QUEUE_SIZE);
                assertEquals(0, vm.vmm.acknowledged(FrontEnd.SET_INFLIGHT_FD, description, inflight.number()));
                vm.guest.start(bases[0], bases[1]);
                vm.guest.barrier();
                assertEquals(0, Memory.ftruncate(inflight.number(), 0));
                Pending unused = vm.guest.submit(TestGuest.header(0x100, 24, 0).array());
                assertTrue(vm.vmm.isHungUp());
            }
        }
    }
}
