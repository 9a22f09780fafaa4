package dev.wayferry.proxy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.Posix;
import dev.wayferry.proxy.queue.QueueLayout;
import dev.wayferry.proxy.warmup.SyntheticGuest;
import dev.wayferry.wire.crossdomain.CrossDomain;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.util.List;

/** A guest of a {@link TestVm} with many contexts, whose compositor echoes; takes the place of the VM's own guest. */
final class LoadGuest implements AutoCloseable {
    /** What threads have allocated. */
    static final ThreadMXBean ALLOCATED = ManagementFactory.getPlatformMXBean(ThreadMXBean.class);

    /** Bytes of each message. */
    private static final int DATA = 12;

    private static final int RECEIVE_ROOM = CrossDomain.MAX_RECEIVE_DATA;

    private final TestVm vm;
    private final int contexts;
    private final OwnedFd kick;
    private final OwnedFd call;
    private final SyntheticGuest guest;
    private final EchoConnections server = new EchoConnections();

    LoadGuest(TestVm vm, int contexts, int queueSize) throws IOException {
        this.vm = vm;
        this.contexts = contexts;
        int[] unused = vm.guest.stop();
        kick = OwnedFd.of(Posix.eventfd(), "eventfd");
        call = OwnedFd.of(Posix.eventfd(), "eventfd");
        guest = new SyntheticGuest(
                vm.vmm.ram.asSlice(0, SyntheticGuest.memorySize(queueSize, contexts)), queueSize, kick.number(), call.number());
        QueueLayout layout = guest.layout();
        vm.vmm.start(List.of(new FrontEnd.Ring(
                0, queueSize, layout.descriptors(), layout.available(), layout.used(), 0, kick.number(), call.number())));
    }

    /** Opens all contexts, whose connections are made at once. */
    void open() throws IOException {
        beginToOpen(0, contexts);
        acceptAll();
    }

    /** Opens so many contexts, from this one on, but for the compositor's accepting them. */
    void beginToOpen(int first, int count) throws IOException {
        for (int i = first; i < first + count; i++) {
            guest.create(i);
        }
        for (int i = first; i < first + count; i++) {
            guest.init(i, null);
        }
        guest.kick();
    }

    /** The compositor accepts all that were not accepted yet, and all contexts are open. */
    void acceptAll() throws IOException {
        server.accept(vm.compositor, contexts - server.count());
        await();
    }

    /** The first context, which the compositor accepts, is open. */
    void openFirst() throws IOException {
        beginToOpen(0, 1);
        server.accept(vm.compositor, 1);
        await();
    }

    /** The first context sends, and receives what the compositor says to it, while others are being opened. */
    void syncFirst() throws IOException {
        int others = guest.inFlight();
        guest.poll(0);
        guest.send(0);
        guest.kick();
        server.echoFirst(DATA);
        guest.awaitReceived();
        assertTrue(guest.inFlight() <= others);
    }

    /** Each context sends, and receives what the compositor says to it. */
    void syncAll() throws IOException {
        syncAll(DATA);
    }

    /** Each context sends, and receives a message for which the page has just room. */
    void syncAllFull() throws IOException {
        syncAll(RECEIVE_ROOM);
    }

    private void syncAll(int answer) throws IOException {
        for (int i = 0; i < contexts; i++) {
            guest.poll(i);
            guest.send(i);
        }
        guest.kick();
        server.answer(DATA, answer);
        await();
    }

    /** Each context asks how an image would lie. */
    void queryAll() throws IOException {
        for (int i = 0; i < contexts; i++) {
            guest.queryImage(i);
        }
        await();
    }

    /** All contexts but the first wait for a message. */
    void pollAllButFirst() throws IOException {
        for (int i = 1; i < contexts; i++) {
            guest.poll(i);
        }
        query();
    }

    /** The first context asks how an image would lie. */
    void query() throws IOException {
        int before = guest.inFlight();
        guest.queryImage(0);
        guest.await(before);
    }

    /** Ends all contexts. */
    void destroy() throws IOException {
        for (int i = 0; i < contexts; i++) {
            guest.destroy(i);
        }
    }

    private void await() throws IOException {
        guest.await(0);
    }

    /** Bytes that the thread which serves this guest has allocated so far. */
    static long allocatedByLoop() {
        long[] loops = Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().equals("loop test"))
                .mapToLong(Thread::threadId)
                .toArray();
        assertEquals(1, loops.length, "loops");
        long bytes = ALLOCATED.getThreadAllocatedBytes(loops[0]);
        assertTrue(bytes > 0, "this JVM does not count them");
        return bytes;
    }

    @Override
    public void close() {
        server.close();
        guest.close();
        kick.close();
        call.close();
    }
}
