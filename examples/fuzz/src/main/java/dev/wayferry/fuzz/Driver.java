package dev.wayferry.fuzz;

import dev.wayferry.posix.Memory;
import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.Posix;
import dev.wayferry.posix.PosixException;
import dev.wayferry.proxy.queue.QueueLayout;
import dev.wayferry.wire.gpu.CtrlHeader;
import dev.wayferry.wire.gpu.VirtioGpu;
import dev.wayferry.wire.virtqueue.DriverQueue;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A guest's memory and its driver, which submits what it is told to and looks at each answer: it has to be for something
 * that is in flight, no longer than the room for it, and a fence has to come back as it went.
 */
final class Driver implements AutoCloseable {
    static final long RAM_SIZE = 4L << 20;
    static final int QUEUE_SIZE = 64;
    static final int CURSOR_QUEUE_SIZE = 16;

    private static final long CONTROL_QUEUE = 0x1000;
    private static final long CURSOR_QUEUE = 0x8000;
    private static final long SLOTS = 0x1_0000;
    private static final int SLOT = 8192;
    private static final int RESPONSE = 4096;
    private static final int RESPONSE_ROOM = 2048;
    private static final int TABLE = RESPONSE + RESPONSE_ROOM;

    /** Where rings and the pages of guest blobs lie. */
    static final long PAGES = SLOTS + (long) QUEUE_SIZE * SLOT;

    /** Where a request lies that no slot can hold: it is to be taken before there is another. */
    private static final long BIG = 0x20_0000;

    private static final int BIG_SIZE = 0x20_0000;

    /** Descriptors that are kept for the end of it all. */
    private static final int KEPT = 24;

    /** How a request's bytes are cut into buffers. */
    enum Form {
        USUAL,
        INDIRECT,
        PIECES,
        NO_ROOM,
        LITTLE_ROOM
    }

    /** A request on its way, as this driver remembers it. */
    static final class Request {
        private final int slot;
        private final int type;
        private final int flags;
        private final long fence;
        private final int context;
        private final int ring;
        private final int room;
        private int answer;
        private boolean back;

        private Request(int slot, MemorySegment header, int length, int room) {
            boolean whole = length >= CtrlHeader.LENGTH;
            this.slot = slot;
            this.type = whole ? header.get(ValueLayout.JAVA_INT_UNALIGNED, 0) : 0;
            this.flags = whole ? header.get(ValueLayout.JAVA_INT_UNALIGNED, 4) : 0;
            this.fence = whole ? header.get(ValueLayout.JAVA_LONG_UNALIGNED, 8) : 0;
            this.context = whole ? header.get(ValueLayout.JAVA_INT_UNALIGNED, 16) : 0;
            this.ring = whole ? header.get(ValueLayout.JAVA_BYTE, 20) : 0;
            this.room = room;
        }

        /** Whether it has come back. */
        boolean isBack() {
            return back;
        }

        /** The answer's type; 0 where there was no room for one. */
        int answer() {
            return answer;
        }

        int context() {
            return context;
        }

        int type() {
            return type;
        }

        @Override
        public String toString() {
            return VirtioGpu.commandName(type) + " of context " + context + ", flags " + flags + ", ring " + ring;
        }
    }

    private final Arena arena = Arena.ofShared();
    private final OwnedFd file;
    private final OwnedFd kick;
    private final OwnedFd call;
    private final MemorySegment one = arena.allocateFrom(ValueLayout.JAVA_LONG, 1L);
    private final MemorySegment ram;
    private final MemorySegment request = arena.allocate(BIG_SIZE, Long.BYTES);
    private final @Nullable Request[] inFlight = new Request[QUEUE_SIZE];
    private final ArrayDeque<Integer> freeSlots = new ArrayDeque<>();
    private final List<Request> answered = new ArrayList<>();
    private DriverQueue control;
    private DriverQueue cursor;

    Driver() throws PosixException {
        file = OwnedFd.of(Memory.memfdCreate("guest"), "memfd");
        PosixException.check(Memory.ftruncate(file.number(), RAM_SIZE), "ftruncate");
        ram = Memory.map(file.number(), 0, RAM_SIZE, Memory.PROT_READ | Memory.PROT_WRITE, arena);
        kick = OwnedFd.of(Posix.eventfd(), "eventfd");
        call = OwnedFd.of(Posix.eventfd(), "eventfd");
        control = new DriverQueue(ram, CONTROL_QUEUE, QUEUE_SIZE, true);
        cursor = new DriverQueue(ram, CURSOR_QUEUE, CURSOR_QUEUE_SIZE, true);
        boot();
    }

    /** Where descriptor {@code index} of the control queue lies. */
    static long descriptorAt(int index) {
        return CONTROL_QUEUE + 16L * (index % QUEUE_SIZE);
    }

    /** Where the control queue's available ring lies. */
    static long availAt() {
        return CONTROL_QUEUE + 16L * QUEUE_SIZE;
    }

    /** Where the control queue's used ring lies. */
    static long usedAt() {
        return (availAt() + 6 + 2L * QUEUE_SIZE + 3) & -4;
    }

    /** Where the request of a slot lies, its response behind it. */
    static long slotAt(int slot) {
        return SLOTS + (long) SLOT * (slot % QUEUE_SIZE);
    }

    /** Where the indirect table of a slot lies. */
    static long tableAt(int slot) {
        return slotAt(slot) + TABLE;
    }

    /** The file that the guest's memory is; stays this object's. */
    OwnedFd file() {
        return file;
    }

    int kickFd() {
        return kick.number();
    }

    int callFd() {
        return call.number();
    }

    MemorySegment ram() {
        return ram;
    }

    /** Where the next request is put together. */
    MemorySegment request() {
        return request;
    }

    /** Makes the queues anew and forgets what was in flight. */
    void boot() {
        control = new DriverQueue(ram, CONTROL_QUEUE, QUEUE_SIZE, true);
        cursor = new DriverQueue(ram, CURSOR_QUEUE, CURSOR_QUEUE_SIZE, true);
        for (int i = 0; i < QUEUE_SIZE; i++) {
            inFlight[i] = null;
        }
        freeSlots.clear();
        for (int i = 0; i < QUEUE_SIZE; i++) {
            freeSlots.add(i);
        }
        answered.clear();
    }

    QueueLayout controlLayout() {
        return layout(control);
    }

    QueueLayout cursorLayout() {
        return layout(cursor);
    }

    private static QueueLayout layout(DriverQueue queue) {
        return new QueueLayout(
                queue.queueSize(), queue.descriptorTable(), queue.availRing(), queue.usedRing(), true, true);
    }

    /** Whether there is room for a request, what is kept for the end not counted. */
    boolean hasRoom() {
        return control.freeDescriptors() > KEPT + 8 && !freeSlots.isEmpty();
    }

    /** Whether a request of so many bytes lies in a place of its own. */
    static boolean fitsSlot(int length) {
        return length <= RESPONSE;
    }

    /** Submits the first {@code length} bytes of {@link #request}. */
    Request submit(int length, Form form) {
        int slot = freeSlots.remove();
        long at = SLOTS + (long) slot * SLOT;
        long requestAt = fitsSlot(length) ? at : BIG;
        MemorySegment.copy(request, 0, ram, requestAt, length);
        int room = switch (form) {
            case NO_ROOM -> 0;
            case LITTLE_ROOM -> 10;
            default -> RESPONSE_ROOM;
        };
        Request submitted = new Request(slot, request, length, room);
        if (form == Form.INDIRECT) {
            control.beginIndirect(at + TABLE, 8);
        } else {
            control.beginChain();
        }
        int piece = form == Form.PIECES || form == Form.INDIRECT ? length / 4 + 1 : Math.max(length, 1);
        for (int done = 0; done < length; done += piece) {
            control.addBuffer(requestAt + done, Math.min(piece, length - done), false);
        }
        if (room > 0 || length == 0) {
            control.addBuffer(at + RESPONSE, room, true);
        }
        inFlight[control.endChain()] = submitted;
        return submitted;
    }

    /** Moves the cursor. */
    void moveCursor() {
        while (cursor.takeUsed() != DriverQueue.NONE) {
            // It says nothing.
        }
        if (cursor.freeDescriptors() > 0) {
            cursor.beginChain();
            cursor.addBuffer(PAGES, 56, false);
            int unused = cursor.endChain();
            boolean unusedToo = cursor.publish();
            kickAnyway();
        }
    }

    /** Shows the device what was submitted. */
    void kick() {
        if (control.publish()) {
            kickAnyway();
        }
    }

    void kickAnyway() {
        long unused = Posix.write(kick.number(), one);
    }

    /** Takes back what is used; {@link #answered} then holds it. */
    void reap() {
        answered.clear();
        try {
            for (int head = control.takeUsed(); head != DriverQueue.NONE; head = control.takeUsed()) {
                Request back = inFlight[head];
                inFlight[head] = null;
                if (back != null) {
                    freeSlots.add(back.slot);
                    take(back, control.usedLength());
                    answered.add(back);
                }
            }
        } catch (IllegalStateException e) {
            throw new Finding("the device broke the used ring", e);
        }
    }

    private void take(Request back, int length) {
        if (back.back || length < 0 || length > back.room) {
            throw new Finding(Finding.Kind.CRASH, back + " came back with " + length + " bytes in room for " + back.room);
        }
        back.back = true;
        if (length < CtrlHeader.LENGTH) {
            return;
        }
        MemorySegment response = ram.asSlice(SLOTS + (long) back.slot * SLOT + RESPONSE, RESPONSE_ROOM);
        back.answer = response.get(ValueLayout.JAVA_INT, 0);
        int flags = response.get(ValueLayout.JAVA_INT, 4);
        boolean fenced = (back.flags & VirtioGpu.FLAG_FENCE) != 0;
        int expected = fenced ? back.flags & (VirtioGpu.FLAG_FENCE | VirtioGpu.FLAG_INFO_RING_IDX) : 0;
        if (back.answer < VirtioGpu.RESP_OK_NODATA || back.answer > VirtioGpu.RESP_ERR_INVALID_PARAMETER
                || flags != expected
                || (fenced && (response.get(ValueLayout.JAVA_LONG, 8) != back.fence
                        || response.get(ValueLayout.JAVA_INT, 16) != back.context
                        || response.get(ValueLayout.JAVA_BYTE, 20) != (byte) back.ring))) {
            throw new Finding(Finding.Kind.CRASH, String.format(
                    "%s was answered with 0x%x, flags %d, fence %d", back, back.answer, flags,
                    response.get(ValueLayout.JAVA_LONG, 8)));
        }
    }

    /** What came back with the last {@link #reap}. */
    List<Request> answered() {
        return answered;
    }

    /** What has not come back. */
    List<Request> waiting() {
        List<Request> waiting = new ArrayList<>();
        for (Request each : inFlight) {
            if (each != null) {
                waiting.add(each);
            }
        }
        return waiting;
    }

    @Override
    public void close() {
        kick.close();
        call.close();
        file.close();
        arena.close();
    }
}
