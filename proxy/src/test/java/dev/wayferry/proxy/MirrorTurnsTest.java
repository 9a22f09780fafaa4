package dev.wayferry.proxy;

import static dev.wayferry.proxy.MirroredBlobTest.bind;
import static dev.wayferry.proxy.MirroredBlobTest.join;
import static dev.wayferry.proxy.MirroredBlobTest.message;
import static dev.wayferry.proxy.TestVm.assertOk;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wayferry.proxy.TestCompositor.Connection;
import dev.wayferry.proxy.TestGuest.Pending;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Commits of large buffers that come in together: each is copied in a turn of its own, and others have theirs in between. */
class MirrorTurnsTest {
    private static final int BLOB = 10;
    private static final int SURFACE = 5;
    private static final int POOL = 6;
    private static final int BUFFER = 7;
    private static final int STRIDE = 4096;

    /** More than is copied in one turn. */
    private static final int SIZE = 40 << 20;

    private static final int ROWS = SIZE / STRIDE;

    /** A connected context that has a buffer of {@link #SIZE} bytes. */
    private static Connection withBuffer(TestVm vm, int ctx) throws IOException {
        Connection client = withoutBuffer(vm, ctx);
        int blob = BLOB + ctx;
        assertOk(vm.guest.request(TestGuest.guestBlob(blob, 1, SIZE, TestGuest.BIG, SIZE)));
        assertOk(vm.guest.request(TestGuest.attach(blob, ctx)));
        byte[] pool = join(message(1, 1, 2), bind("wl_shm", 3), bind("wl_compositor", 4), message(4, 0, SURFACE),
                message(3, 0, POOL, SIZE), message(POOL, 0, BUFFER, 0, STRIDE / 4, ROWS, STRIDE, 0));
        assertOk(vm.guest.request(TestGuest.send(ctx, pool, blob, TestGuest.BLOB)));
        assertArrayEquals(pool, client.read(pool.length));
        return client;
    }

    private static Connection withoutBuffer(TestVm vm, int ctx) throws IOException {
        vm.guest.channel(ctx);
        return vm.compositor.accept();
    }

    /** A commit of all of the buffer, and a number of its own. */
    private static byte[] commit(int number) {
        return join(message(SURFACE, 1, BUFFER, 0, 0), message(SURFACE, 9, 0, 0, STRIDE / 4, ROWS), message(SURFACE, 6),
                message(99, 0, number));
    }

    private static List<Pending> prepareCommits(TestVm vm, int ctx, int count) {
        List<Pending> sends = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            sends.add(vm.guest.prepare(TestGuest.send(ctx, commit(i))));
        }
        return sends;
    }

    private static void assertArrived(TestVm vm, Connection client, List<Pending> sends) throws IOException {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (int i = 0; i < sends.size(); i++) {
            assertOk(vm.guest.await(sends.get(i)).type());
            assertTrue(i == 0 || sends.get(i - 1).isAnsweredBefore(sends.get(i)));
            all.writeBytes(commit(i));
        }
        assertArrayEquals(all.toByteArray(), client.read(all.size()));
    }

    @Test
    void whatOthersAskDoesNotWaitForAllThatIsCommitted() throws Exception {
        try (TestVm vm = MirroredBlobTest.vm(); Connection client = withBuffer(vm, 1);
                Connection other = withoutBuffer(vm, 2)) {
            int[] base = vm.guest.stop();
            List<Pending> sends = prepareCommits(vm, 1, 20);
            Pending query = vm.guest.prepare(TestGuest.header(0x100, 24, 0).array());
            Pending small = vm.guest.prepare(TestGuest.send(2, message(99, 0, 7)));
            vm.guest.kick();
            vm.guest.start(base[0], base[1]);
            assertArrived(vm, client, sends);
            assertTrue(query.isAnsweredBefore(sends.get(1)), "it waits for nothing");
            assertTrue(small.isAnsweredBefore(sends.get(3)), "it waits for those of the turn in which it came and of the next");
            assertOk(small.type());
            assertArrayEquals(message(99, 0, 7), other.read(12));
        }
    }

    @Test
    void noContextHasTwoTurnsWhileAnotherWaitsForOne() throws Exception {
        try (TestVm vm = MirroredBlobTest.vm(); Connection first = withBuffer(vm, 1); Connection second = withBuffer(vm, 2);
                Connection third = withBuffer(vm, 3)) {
            int[] base = vm.guest.stop();
            int count = 6;
            List<Pending> ofFirst = prepareCommits(vm, 1, count);
            List<Pending> ofSecond = prepareCommits(vm, 2, count);
            List<Pending> ofThird = prepareCommits(vm, 3, count);
            vm.guest.kick();
            vm.guest.start(base[0], base[1]);
            assertArrived(vm, first, ofFirst);
            assertArrived(vm, second, ofSecond);
            assertArrived(vm, third, ofThird);
            for (int i = 0; i < count - 2; i++) {
                assertTrue(ofThird.get(i).isAnsweredBefore(ofFirst.get(i + 2)), "after " + i);
                assertTrue(ofSecond.get(i).isAnsweredBefore(ofFirst.get(i + 2)), "after " + i);
                assertTrue(ofFirst.get(i + 1).isAnsweredBefore(ofThird.get(i + 1)), "after " + i);
            }
        }
    }

    @Test
    void aContextThatGoesAwayWhileItWaitsHoldsNobodyUp() throws Exception {
        try (TestVm vm = MirroredBlobTest.vm(); Connection first = withBuffer(vm, 1); Connection second = withBuffer(vm, 2)) {
            int[] base = vm.guest.stop();
            List<Pending> sends = prepareCommits(vm, 1, 2);
            List<Pending> given = prepareCommits(vm, 2, 3);
            Pending destroyed = vm.guest.prepare(TestGuest.header(0x201, 24, 2).array());
            vm.guest.kick();
            vm.guest.start(base[0], base[1]);
            assertOk(vm.guest.await(destroyed).type());
            given.forEach(send -> assertEquals(TestGuest.ERR_UNSPEC, vm.guest.await(send).type()));
            assertArrived(vm, first, sends);
            assertTrue(second.isHungUp());
        }
    }
}
