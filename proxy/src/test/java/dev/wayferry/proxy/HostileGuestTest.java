package dev.wayferry.proxy;

import static dev.wayferry.proxy.TestVm.assertOk;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wayferry.posix.Memory;
import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.Posix;
import dev.wayferry.proxy.TestCompositor.Connection;
import dev.wayferry.proxy.TestGuest.Pending;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What a guest may do wrong, by mistake or on purpose, and what must not come of it. */
class HostileGuestTest {
    @Test
    void endsTheSessionAndNothingElseWhenTheGuestsMemoryIsCutOff() throws Exception {
        try (TestVm vm = new TestVm()) {
            vm.guest.channel(1);
            try (Connection client = vm.compositor.accept()) {
                Pending unused = vm.guest.poll(1);
                vm.guest.barrier();
                assertEquals(0, Memory.ftruncate(vm.vmm.ramFile.number(), 0));
                client.send("wakes the loop, which then writes to memory that is gone");
                assertTrue(vm.vmm.isHungUp());
                assertTrue(client.isHungUp());
            }
        }
    }

    @Test
    void answersAStartOfARingInMemoryThatIsCutOff() throws Exception {
        try (TestVm vm = new TestVm()) {
            int[] bases = vm.guest.stop();
            assertEquals(0, Memory.ftruncate(vm.vmm.ramFile.number(), 0));
            vm.vmm.send(FrontEnd.SET_VRING_BASE, false, FrontEnd.state(0, bases[0]));
            vm.vmm.send(FrontEnd.SET_VRING_KICK, false, FrontEnd.u64(0x100));
            vm.vmm.send(FrontEnd.SET_VRING_ENABLE, false, FrontEnd.state(0, 1));
            assertTrue(vm.vmm.isHungUp(), "the session is over, and nobody waits for its loop for ever");
        }
    }

    @Test
    void stopsARingWhoseIndexJumpsAndTellsTheVmm() throws Exception {
        try (TestVm vm = new TestVm(); OwnedFd err = OwnedFd.of(Posix.eventfd(), "eventfd")) {
            vm.guest.channel(1);
            try (Connection client = vm.compositor.accept()) {
                Pending unused = vm.guest.poll(1);
                vm.guest.barrier();
                assertEquals(0, vm.vmm.acknowledged(FrontEnd.SET_VRING_ERR, FrontEnd.u64(0), err.number()));
                long availIdx = vm.guest.control.availRing() + 2;
                int before = vm.guest.ram().get(ValueLayout.JAVA_SHORT, availIdx);
                vm.guest.ram().set(ValueLayout.JAVA_SHORT, availIdx, (short) (before + 5000));
                vm.guest.kickAnyway();
                assertTrue(Posix.poll(err.number(), Posix.POLLIN, 20_000) > 0, "the VMM is not told");
                // The session lives, and a driver that starts anew is served.
                vm.guest.stop();
                vm.guest.boot();
                assertTrue(client.isHungUp());
                vm.guest.channel(1);
                vm.compositor.accept().close();
            }
        }
    }

    @Test
    void executesNothingOfABrokenRingAfterTheNextStart() throws Exception {
        try (TestVm vm = new TestVm()) {
            vm.guest.stop();
            // A good request and then a head that does not exist, in the same turn.
            vm.guest.start(0, 0);
            vm.guest.barrier();
            int[] bases = vm.guest.stop();
            Pending good = vm.guest.submit(TestGuest.header(0x100, 24, 0).array());
            vm.guest.offerHead(999);
            vm.guest.start(bases[0], bases[1]);
            vm.guest.await(good);
            vm.guest.stop();
            vm.guest.boot();
            vm.guest.barrier();
        }
    }

    @Test
    void servesOthersWhileADriverOffersWrongRequestsOnly() throws Exception {
        try (TestVm vm = new TestVm()) {
            vm.guest.channel(1);
            try (Connection client = vm.compositor.accept()) {
                Pending poll = vm.guest.poll(1);
                for (int i = 0; i < 2000; i++) {
                    Pending wrong = vm.guest.submitWrong();
                    vm.guest.await(wrong);
                    assertEquals(0, wrong.response().length);
                }
                client.send("still here");
                vm.guest.await(poll);
                assertEquals("still here", vm.guest.message(1).text());
            }
        }
    }

    @Test
    void answersEveryRequestOfRandomBytes() throws Exception {
        Random random = new Random(42);
        int[] types = {0x100, 0x101, 0x102, 0x103, 0x104, 0x106, 0x107, 0x108, 0x109, 0x10a, 0x10b, 0x10c, 0x10d, 0x200,
            0x201, 0x202, 0x203, 0x204, 0x205, 0x207, 0x208, 0x209, 0x20a, 0x300};
        try (TestVm vm = new TestVm()) {
            vm.guest.channel(1);
            try (Connection client = vm.compositor.accept()) {
                assertTrue(client.socket.isOpen());
                for (int i = 0; i < 20_000; i++) {
                    byte[] bytes = new byte[24 + random.nextInt(random.nextBoolean() ? 60 : 480)];
                    random.nextBytes(bytes);
                    ByteBuffer request = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
                    request.putInt(0, types[random.nextInt(types.length)]);
                    request.putInt(4, request.getInt(4) & 3);
                    for (int at = 16; at + 4 <= bytes.length; at += 4) {
                        if (random.nextInt(3) > 0) {
                            request.putInt(at, random.nextInt(8));
                        }
                    }
                    if (request.getInt(0) == 0x207 && bytes.length >= 40) {
                        request.putInt(16, 1).putInt(24, bytes.length - 32).putInt(28, 0);
                        request.put(32, (byte) random.nextInt(9));
                        if (request.get(32) == 3) {
                            request.put(32, (byte) 0); // a POLL may rightly wait
                        }
                    }
                    Pending pending = vm.guest.await(vm.guest.submit(bytes));
                    if ((request.getInt(4) & 1) != 0) {
                        assertEquals(request.getLong(8), pending.fenceId());
                    }
                }
            }
            // The device is as good as before.
            int unused = vm.guest.ctxDestroy(50);
            vm.guest.channel(50);
            try (Connection client = vm.compositor.accept()) {
                assertOk(vm.guest.request(TestGuest.send(50, "x")));
                assertEquals("x", client.readText(1));
            }
        }
    }

    @Test
    void answersARequestTooShortForAHeader() throws Exception {
        try (TestVm vm = new TestVm()) {
            for (int length : new int[] {16, 23}) {
                assertEquals(0, vm.guest.await(vm.guest.submit(new byte[length])).response().length);
            }
            assertEquals(TestGuest.ERR_INVALID_CONTEXT, vm.guest.request(TestGuest.header(0x207, 24, 9).array()));
            assertEquals(TestGuest.ERR_INVALID_PARAMETER, vm.guest.request(TestGuest.header(0x102, 24, 0).array()));
            vm.guest.channel(1);
            vm.compositor.accept().close();
            for (int length = 24; length < 40; length++) {
                assertEquals(TestGuest.ERR_INVALID_PARAMETER,
                        vm.guest.request(TestGuest.header(0x207, length, 1).array()), length + " bytes");
            }
        }
    }

    @Test
    void answersACommandThatClaimsMoreThanItHas() throws Exception {
        try (TestVm vm = new TestVm()) {
            vm.guest.channel(1);
            try (Connection client = vm.compositor.accept()) {
                byte[] write = TestGuest.write(1, 5, new byte[10], false);
                ByteBuffer.wrap(write).order(ByteOrder.LITTLE_ENDIAN).putInt(48, -1);
                assertEquals(TestGuest.ERR_INVALID_PARAMETER, vm.guest.request(write));
                byte[] send = TestGuest.send(1, "x");
                ByteBuffer.wrap(send).order(ByteOrder.LITTLE_ENDIAN).putInt(44, -1);
                assertEquals(TestGuest.ERR_INVALID_PARAMETER, vm.guest.request(send));
                assertEquals(0, vm.guest.receive(1).data().length);
                assertTrue(client.isHungUp());
                byte[] submit = TestGuest.send(1, "x");
                ByteBuffer.wrap(submit).order(ByteOrder.LITTLE_ENDIAN).putInt(24, submit.length);
                assertEquals(TestGuest.ERR_INVALID_PARAMETER, vm.guest.request(submit));
            }
        }
    }

    @Test
    void makesNoMoreContextsThanItMay() throws Exception {
        try (TestVm vm = new TestVm()) {
            for (int ctx = 1; ctx <= 1024; ctx++) {
                assertOk(vm.guest.ctxCreate(ctx));
            }
            assertEquals(0x1201, vm.guest.ctxCreate(2000));
            assertEquals(TestGuest.ERR_INVALID_CONTEXT, vm.guest.ctxCreate(7));
            assertOk(vm.guest.ctxDestroy(7));
            assertOk(vm.guest.ctxCreate(2000));
        }
    }

    @Test
    void attachesNoMoreThanItMay() throws Exception {
        try (TestVm vm = new TestVm()) {
            int contexts = 32;
            for (int ctx = 1; ctx <= contexts + 1; ctx++) {
                assertOk(vm.guest.ctxCreate(ctx));
            }
            for (int resource = 1; resource <= 1024; resource++) {
                assertOk(vm.guest.guestBlob(resource, 0x100000, 4096));
                for (int ctx = 1; ctx <= contexts; ctx++) {
                    Pending attached = vm.guest.submit(TestGuest.attach(resource, ctx));
                    if (ctx == contexts) {
                        assertOk(vm.guest.await(attached).type());
                    }
                }
            }
            assertEquals(0x1201, vm.guest.request(TestGuest.attach(1, contexts + 1)));
            // What is given back in any way counts no more.
            assertOk(vm.guest.ctxDestroy(1));
            assertOk(vm.guest.request(TestGuest.unref(2)));
            assertOk(vm.guest.request(TestGuest.detach(3, 2)));
            assertOk(vm.guest.request(TestGuest.attach(1, contexts + 1)));
        }
    }

    @Test
    void survivesContextsThatComeAndGoFasterThanTheirConnections() throws Exception {
        try (TestVm vm = new TestVm()) {
            for (int i = 0; i < 300; i++) {
                vm.guest.context(1);
                Pending init = vm.guest.submit(TestGuest.init(1, 20));
                Pending poll = vm.guest.poll(1);
                Pending send = vm.guest.submit(TestGuest.send(1, "x"));
                assertOk(vm.guest.ctxDestroy(1));
                vm.guest.await(init);
                vm.guest.await(poll);
                vm.guest.await(send);
                assertOk(vm.guest.request(TestGuest.unref(TestGuest.ringResource(1, 0))));
                assertOk(vm.guest.request(TestGuest.unref(TestGuest.ringResource(1, 1))));
                if (i % 50 == 49) {
                    // Whoever did connect is hung up on.
                    while (vm.compositor.isWaiting()) {
                        try (Connection late = vm.compositor.accept()) {
                            byte[] some = late.readSome(10);
                            assertTrue(some.length <= 1);
                        }
                    }
                }
            }
            assertFalse(vm.vmm.closed());
        }
    }
}
