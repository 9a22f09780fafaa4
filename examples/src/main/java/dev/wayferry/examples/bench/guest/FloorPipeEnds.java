package dev.wayferry.examples.bench.guest;

import dev.wayferry.examples.bench.floor.FloorMemory;
import dev.wayferry.wire.crossdomain.CrossDomain;
import java.io.IOException;

/** The guest's side of the floor's pipes. */
final class FloorPipeEnds implements Pipes {
    /** As many bytes as a page of the channel ring has room for in a READ. */
    private static final int MAX_READ = CrossDomain.MAX_READ_DATA;

    private static final int PAGE_SIZE = 4096;

    private static final int SLOT_SIZE = (MAX_WRITE + 63) & -64;

    private final FloorGuest guest;
    /** By connection: where what is READ lies. */
    private final long[] pages = new long[FloorMemory.MAX_CONNECTIONS];

    /** By connection: where WRITEs' payloads lie. */
    private final long[] areas = new long[FloorMemory.MAX_CONNECTIONS];

    private final int[] slots = new int[FloorMemory.MAX_CONNECTIONS];

    FloorPipeEnds(FloorGuest guest) {
        this.guest = guest;
    }

    @Override
    public void openForReading(int connection, int length) throws IOException {
        if (pages[connection] == 0) {
            pages[connection] = guest.allocate(PAGE_SIZE);
        }
        guest.setUp(FloorMemory.OPEN_PIPE, connection, guest.payload(connection, 0), length);
    }

    @Override
    public void read(int connection) {
        guest.submit(FloorMemory.READ, connection, data(connection), MAX_READ);
    }

    @Override
    public long data(int connection) {
        return pages[connection];
    }

    @Override
    public int dataLength(int connection) {
        return guest.receivedLength(connection);
    }

    @Override
    public void openForWriting(int connection, int count) throws IOException {
        if (slots[connection] < count) {
            areas[connection] = guest.allocate((long) count * SLOT_SIZE);
            slots[connection] = count;
        }
    }

    @Override
    public long payload(int connection, int slot) {
        return areas[connection] + (slot - 1L) * SLOT_SIZE;
    }

    /** The slot of a WRITE whose payload lies at {@code payload}. */
    int slot(int connection, long payload) {
        return 1 + (int) ((payload - areas[connection]) / SLOT_SIZE);
    }

    @Override
    public void write(int connection, int slot, int length) {
        guest.submit(FloorMemory.WRITE, connection, payload(connection, slot), length);
    }

    @Override
    public void hangUp(int connection) throws IOException {
        guest.setUp(FloorMemory.HANG_UP, connection, 0, 0);
    }
}
