package dev.wayferry.examples.loopback;

import dev.wayferry.wire.vhostuser.MemoryRegionDescription;
import dev.wayferry.wire.vhostuser.VhostUser;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Which regions of guest memory the back-end was told of, and how it is told of changes. One thread at a time. */
final class MemoryTable {
    /** Bytes before the region, or the first of several. */
    private static final int REGIONS_OFFSET = 8;

    private static final ValueLayout.OfInt LE_INT =
            ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final FrontEnd frontEnd;
    private final int maxRegions;
    /** By guest address. */
    private final Map<Long, MemoryRegion> told = new LinkedHashMap<>();

    /**
     * An empty table.
     *
     * @param maxRegions how many the VMM or the back-end can take
     */
    MemoryTable(FrontEnd frontEnd, int maxRegions) {
        this.frontEnd = frontEnd;
        this.maxRegions = maxRegions;
    }

    /**
     * Tells the back-end what has changed: by slots first what is gone and then what is new, else the whole table.
     *
     * @return false when a whole table has too many regions; the back-end's then stays as it is, as with QEMU
     * @throws IOException when there are too many slots, where QEMU aborts, or the back-end does not acknowledge
     */
    boolean update(List<MemoryRegion> regions) throws IOException {
        Map<Long, MemoryRegion> wanted = new LinkedHashMap<>();
        regions.forEach(region -> wanted.put(region.guestAddress(), region));
        if (wanted.equals(told)) {
            return true;
        }
        if (!frontEnd.has(VhostUser.PROTOCOL_F_CONFIGURE_MEM_SLOTS)) {
            return wanted.size() <= maxRegions && setTable(wanted);
        }
        if (wanted.size() > maxRegions) {
            throw new IOException("QEMU aborts: " + wanted.size() + " memory regions, " + maxRegions + " at most");
        }
        for (MemoryRegion region : List.copyOf(told.values())) {
            if (!region.equals(wanted.get(region.guestAddress()))) {
                frontEnd.acknowledged(VhostUser.REM_MEM_REG, single(region));
                told.remove(region.guestAddress());
            }
        }
        for (MemoryRegion region : wanted.values()) {
            if (!told.containsKey(region.guestAddress())) {
                frontEnd.acknowledged(VhostUser.ADD_MEM_REG, single(region), region.fd());
                told.put(region.guestAddress(), region);
            }
        }
        return true;
    }

    private boolean setTable(Map<Long, MemoryRegion> wanted) throws IOException {
        MemorySegment table = MemorySegment.ofArray(
                new byte[REGIONS_OFFSET + wanted.size() * MemoryRegionDescription.LENGTH]);
        table.set(LE_INT, 0, wanted.size());
        int[] fds = new int[wanted.size()];
        int i = 0;
        for (MemoryRegion region : wanted.values()) {
            region.describe(table, REGIONS_OFFSET + (long) i * MemoryRegionDescription.LENGTH);
            fds[i++] = region.fd();
        }
        frontEnd.acknowledged(VhostUser.SET_MEM_TABLE, table, fds);
        told.clear();
        told.putAll(wanted);
        return true;
    }

    private static MemorySegment single(MemoryRegion region) {
        MemorySegment payload = MemorySegment.ofArray(new byte[REGIONS_OFFSET + MemoryRegionDescription.LENGTH]);
        region.describe(payload, REGIONS_OFFSET);
        return payload;
    }
}
