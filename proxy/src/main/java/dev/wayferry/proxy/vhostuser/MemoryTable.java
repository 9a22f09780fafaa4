package dev.wayferry.proxy.vhostuser;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.wayferry.posix.OwnedFd;
import dev.wayferry.proxy.memory.GuestMemory;
import dev.wayferry.proxy.memory.GuestRegion;
import dev.wayferry.wire.vhostuser.MemoryRegionDescription;
import dev.wayferry.wire.vhostuser.VhostUser;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/**
 * The guest's memory as the front-end describes it, by a whole table or region by region. Belongs to the session's thread,
 * on which mapping may take its time.
 *
 * <p>A new map is published before the regions that left it are unmapped, so nobody meets a region that is going.
 */
final class MemoryTable implements AutoCloseable {
    /** What we say we can hold; QEMU itself ends at 512. */
    static final int MAX_SLOTS = 509;

    /** Bytes of ADD_MEM_REG and REM_MEM_REG: padding and a region. */
    static final int SINGLE_REGION_LENGTH = 8 + MemoryRegionDescription.LENGTH;

    private static final int FIRST_REGION_OFFSET = 8;

    /** A region that the front-end tells of because we had it mapped there. */
    private record Echo(long guestAddress, long size, long userAddress) {}

    private final BackChannel backChannel;
    private final Consumer<GuestMemory> publish;
    private final Set<Echo> echoes = new HashSet<>();
    private GuestMemory current = GuestMemory.NONE;

    /**
     * A table without regions.
     *
     * @param publish makes the device use a new map, and returns when it does
     */
    MemoryTable(BackChannel backChannel, Consumer<GuestMemory> publish) {
        this.backChannel = backChannel;
        this.publish = publish;
    }

    GuestMemory current() {
        return current;
    }

    /** SET_MEM_TABLE: replaces everything. Takes the descriptors it uses out of {@code fds}. */
    void set(MemorySegment payload, int size, List<OwnedFd> fds) throws IOException {
        int count = size < FIRST_REGION_OFFSET ? -1 : payload.get(JAVA_INT, 0);
        if (count < 0 || count > VhostUser.MAX_MEM_TABLE_REGIONS || count != fds.size()
                || size < FIRST_REGION_OFFSET + count * MemoryRegionDescription.LENGTH) {
            throw new VhostUserException(count + " regions with " + fds.size() + " descriptors in " + size + " bytes");
        }
        List<GuestRegion> regions = new ArrayList<>();
        try {
            for (int i = 0; i < count; i++) {
                MemoryRegionDescription region = new MemoryRegionDescription()
                        .wrap(payload, FIRST_REGION_OFFSET + (long) i * MemoryRegionDescription.LENGTH);
                OwnedFd file = fds.removeFirst();
                if (isEcho(region, file)) {
                    file.close();
                } else {
                    checkOverlap(GuestMemory.of(regions), region, file);
                    regions.add(map(region, file));
                }
            }
        } catch (IOException e) {
            regions.forEach(GuestRegion::close);
            throw new VhostUserException(String.valueOf(e.getMessage()));
        }
        replace(GuestMemory.of(regions));
    }

    /** ADD_MEM_REG. Takes ownership of {@code file}. */
    void add(MemorySegment payload, OwnedFd file) throws IOException {
        MemoryRegionDescription region = new MemoryRegionDescription().wrap(payload, FIRST_REGION_OFFSET);
        if (isEcho(region, file)) {
            file.close();
            if (echoes.size() >= MAX_SLOTS) {
                throw new VhostUserException("there are " + MAX_SLOTS + " regions of mapped files already");
            }
            echoes.add(echo(region));
            return;
        }
        if (current.regions().size() >= MAX_SLOTS) {
            file.close();
            throw new VhostUserException("there are " + MAX_SLOTS + " regions already");
        }
        checkOverlap(current, region, file);
        try {
            replace(current.with(map(region, file)));
        } catch (IOException e) {
            throw new VhostUserException(String.valueOf(e.getMessage()));
        }
    }

    /** REM_MEM_REG. */
    void remove(MemorySegment payload) throws VhostUserException {
        MemoryRegionDescription region = new MemoryRegionDescription().wrap(payload, FIRST_REGION_OFFSET);
        if (echoes.remove(echo(region))) {
            return;
        }
        for (GuestRegion known : current.regions()) {
            if (known.start() == region.guestAddress() && known.size() == region.size()
                    && known.userAddress() == region.userAddress()) {
                replace(current.without(known));
                return;
            }
        }
        throw new VhostUserException(String.format(
                "there is no region guest 0x%x size 0x%x user 0x%x",
                region.guestAddress(), region.size(), region.userAddress()));
    }

    private boolean isEcho(MemoryRegionDescription region, OwnedFd file) {
        BackChannel.FileIdentity identity = BackChannel.identify(file.number());
        return identity != null && region.size() > 0 && backChannel.isOurs(identity);
    }

    private static Echo echo(MemoryRegionDescription region) {
        return new Echo(region.guestAddress(), region.size(), region.userAddress());
    }

    private static GuestRegion map(MemoryRegionDescription region, OwnedFd file) throws IOException {
        return GuestRegion.map(
                region.guestAddress(), region.size(), region.userAddress(), file, region.mmapOffset());
    }

    /** Closes {@code file} if the region can't be used. */
    private static void checkOverlap(GuestMemory memory, MemoryRegionDescription region, OwnedFd file)
            throws VhostUserException {
        GuestRegion other = memory.overlapping(region.guestAddress(), region.size());
        if (other != null) {
            file.close();
            throw new VhostUserException(String.format(
                    "region guest 0x%x size 0x%x overlaps %s", region.guestAddress(), region.size(), other));
        }
    }

    private void replace(GuestMemory next) {
        GuestMemory old = current;
        current = next;
        try {
            publish.accept(next);
        } finally {
            Set<GuestRegion> kept = new HashSet<>(next.regions());
            old.regions().stream().filter(region -> !kept.contains(region)).forEach(GuestRegion::close);
        }
    }

    @Override
    public void close() {
        current.regions().forEach(GuestRegion::close);
        current = GuestMemory.NONE;
    }
}
