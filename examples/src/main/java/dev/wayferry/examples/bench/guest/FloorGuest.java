package dev.wayferry.examples.bench.guest;

import dev.wayferry.examples.bench.OpenResources;
import dev.wayferry.examples.bench.floor.FloorMemory;
import dev.wayferry.examples.bench.floor.GuestHandshake;
import dev.wayferry.posix.Memory;
import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.Posix;
import dev.wayferry.posix.PosixException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.BitSet;

/** The counterpart of a {@link GpuGuest} for the floor. It waits in the same way. */
public final class FloorGuest implements Guest {
    private static final long MEMORY_SIZE = 256L << 20;
    private static final int SLOT_SIZE = (MAX_PAYLOAD + 63) & -64;
    /** Before each payload, so that it lies in its page as it does in a mailbox. */
    private static final int MAILBOX_HEADER = 320;

    /** One byte more than ever comes, so that a message of that size is seen to be all there was. */
    private static final int POLL_ROOM = MAX_PAYLOAD + 1;

    private static final int MAILBOX_SIZE = 4096;

    private final Arena arena = Arena.ofConfined();
    private final OpenResources open = new OpenResources();
    private final FloorMemory memory;
    private final MemorySegment one = arena.allocateFrom(ValueLayout.JAVA_LONG, 1L);
    private final int kick;
    private final CallEvent call;

    private final BitSet connections = new BitSet();
    // Of each connection.
    private final long[] areas = new long[FloorMemory.MAX_CONNECTIONS];
    private final int[] slots = new int[FloorMemory.MAX_CONNECTIONS];
    private final int[] receivedLengths = new int[FloorMemory.MAX_CONNECTIONS];

    private final FloorPictures pictures = new FloorPictures(this);
    private final FloorPipeEnds pipes = new FloorPipeEnds(this);
    private long firstFree = FloorMemory.PAYLOADS;
    private int submitted;
    private boolean settingUp;
    private int taken;

    /** Connects to the floor that listens at {@code socket}. */
    public static FloorGuest connect(Path socket) throws IOException {
        return new FloorGuest(socket);
    }

    private FloorGuest(Path socket) throws IOException {
        try (OwnedFd file = OwnedFd.of(Memory.memfdCreate("floor"), "memfd_create")) {
            PosixException.check(Memory.ftruncate(file.number(), MEMORY_SIZE), "ftruncate to " + MEMORY_SIZE);
            memory = FloorMemory.map(file.number(), MEMORY_SIZE, arena);
            OwnedFd kickEvent = open.add(OwnedFd.of(Posix.eventfd(), "eventfd"));
            OwnedFd callEvent = open.add(OwnedFd.of(Posix.eventfd(), "eventfd"));
            kick = kickEvent.number();
            OwnedFd unused =
                    open.add(GuestHandshake.offer(socket, MEMORY_SIZE, file.number(), kick, callEvent.number()));
            call = open.add(new CallEvent(callEvent.number(), arena));
        } catch (IOException | RuntimeException e) {
            close();
            throw e;
        }
    }

    @Override
    public int open(int sendSlots) throws IOException {
        int connection = connections.nextClearBit(0);
        connections.set(connection);
        if (slots[connection] < sendSlots) {
            areas[connection] = allocate(MAILBOX_SIZE + (long) sendSlots * SLOT_SIZE);
            slots[connection] = sendSlots;
        }
        submit(FloorMemory.OPEN, connection, 0, 0);
        return connection;
    }

    @Override
    public void finish(int connection) throws IOException {
        // The floor takes one command after the other.
        query(connection);
        kick();
        while (next() == Finished.NOTHING) {
            await();
        }
    }

    /** Takes memory that is never given back. */
    long allocate(long size) throws IOException {
        long at = firstFree;
        firstFree += (size + MAILBOX_SIZE - 1) & -MAILBOX_SIZE;
        if (firstFree > MEMORY_SIZE) {
            throw new IOException("the floor's memory is full");
        }
        return at;
    }

    @Override
    public void close(int connection) throws IOException {
        submit(FloorMemory.CLOSE, connection, 0, 0);
        kick();
        while (connections.get(connection)) {
            if (next() == Finished.NOTHING && connections.get(connection)) {
                await();
            }
        }
    }

    @Override
    public MemorySegment memory() {
        return memory.segment();
    }

    @Override
    public long payload(int connection, int slot) {
        return areas[connection] + MAILBOX_SIZE + (long) slot * SLOT_SIZE;
    }

    @Override
    public long received(int connection) {
        return areas[connection] + MAILBOX_HEADER;
    }

    @Override
    public int receivedLength(int connection) {
        return receivedLengths[connection];
    }

    @Override
    public void query(int connection) {
        submit(FloorMemory.QUERY, connection, 0, 0);
    }

    @Override
    public void poll(int connection) {
        submit(FloorMemory.POLL, connection, received(connection), POLL_ROOM);
    }

    @Override
    public void send(int connection, int slot, int length) {
        submit(FloorMemory.SEND, connection, payload(connection, slot), length);
    }

    @Override
    public boolean hasRoom(int operations) {
        // Its rings have more entries than there ever are operations under way.
        return true;
    }

    void submit(int operation, int connection, long payload, int length) {
        memory.submission(submitted++, FloorMemory.command(operation, connection, payload, length));
    }

    @Override
    public void kick() {
        memory.submitted(submitted);
        if (memory.floorWaits()) {
            // Once is enough; it says so anew before it waits again.
            memory.floorWaits(false);
            long unused = Posix.write(kick, one);
        }
    }

    @Override
    public int next() throws IOException {
        int finished = memory.finished();
        while (taken != finished) {
            long command = memory.completion(taken++);
            int connection = FloorMemory.connection(command);
            switch (FloorMemory.operation(command)) {
                case FloorMemory.SEND -> {
                    long slot = (FloorMemory.payload(command) - payload(connection, 0)) / SLOT_SIZE;
                    return Finished.of(Finished.SEND, connection, (int) slot);
                }
                case FloorMemory.WRITE -> {
                    return Finished.of(Finished.SEND, connection, pipes.slot(connection, FloorMemory.payload(command)));
                }
                case FloorMemory.SHARE, FloorMemory.OPEN_PIPE, FloorMemory.HANG_UP -> settingUp = false;
                case FloorMemory.POLL, FloorMemory.READ -> {
                    receivedLengths[connection] = FloorMemory.length(command);
                    return Finished.of(Finished.POLL, connection, 0);
                }
                case FloorMemory.QUERY -> {
                    return Finished.of(Finished.QUERY, connection, 0);
                }
                case FloorMemory.CLOSE -> connections.clear(connection);
                case FloorMemory.OPEN -> {}
                default -> throw new IOException("the floor finished 0x" + Long.toHexString(command));
            }
        }
        return Finished.NOTHING;
    }

    @Override
    public void await() throws IOException {
        memory.guestWaits(true);
        if (memory.finished() == taken) {
            call.await();
        }
        memory.guestWaits(false);
    }

    @Override
    public void await(long nanos) throws IOException {
        memory.guestWaits(true);
        if (memory.finished() == taken) {
            call.await(nanos);
        }
        memory.guestWaits(false);
    }

    /** Does what is not to be measured, and waits until it is done. Nothing else may be under way but an OPEN. */
    void setUp(int operation, int connection, long payload, int length) throws IOException {
        submit(operation, connection, payload, length);
        settingUp = true;
        kick();
        while (settingUp) {
            if (next() == Finished.NOTHING && settingUp) {
                await();
            }
        }
    }

    @Override
    public Pictures pictures() {
        return pictures;
    }

    @Override
    public Pipes pipes() {
        return pipes;
    }

    @Override
    public void fail(IOException why) {
        call.fail(why);
    }

    /** Disconnects, which ends the floor. */
    @Override
    public void close() throws IOException {
        open.close();
        arena.close();
    }
}
