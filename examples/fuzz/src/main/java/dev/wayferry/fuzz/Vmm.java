package dev.wayferry.fuzz;

import dev.wayferry.posix.Errno;
import dev.wayferry.posix.FileStatus;
import dev.wayferry.proxy.virtio.SharedMemory;
import dev.wayferry.proxy.virtio.VmmNotices;
import java.lang.foreign.Arena;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** A VMM that maps what it is asked to, and says so where other VMMs would end themselves for what they are asked. */
final class Vmm implements SharedMemory, VmmNotices {
    private final long window;
    private final FileStatus status = new FileStatus(Arena.ofAuto());
    private final TreeMap<Long, Long> mapped = new TreeMap<>();
    private final Set<UUID> objects = new HashSet<>();
    private @Nullable String fatal;
    private volatile boolean fails;

    /** @param window bytes of the host-visible region */
    Vmm(long window) {
        this.window = window;
    }

    void fails(boolean now) {
        fails = now;
    }

    /** What would have ended a VMM; null if nothing would. */
    synchronized @Nullable String fatal() {
        return fatal;
    }

    private int die(String why, long offset, long length) {
        fatal = String.format("%s [0x%x, 0x%x), mapped are %s", why, offset, offset + length, mapped);
        return -Errno.EINVAL;
    }

    @Override
    public boolean isAvailable() {
        return true;
    }

    @Override
    public synchronized int map(int shmid, long offset, long length, int fd) {
        if (offset < 0 || length <= 0 || offset % 4096 != 0 || length % 4096 != 0 || offset + length > window) {
            return die("MAP lies outside:", offset, length);
        }
        Map.Entry<Long, Long> before = mapped.lowerEntry(offset + length);
        if (before != null && before.getKey() + before.getValue() > offset) {
            return die("MAP overlaps:", offset, length);
        }
        if (status.read(fd) < 0 || status.size() < length) {
            return die("MAP of a file of " + status.size() + " bytes:", offset, length);
        }
        if (fails) {
            return -Errno.EIO;
        }
        mapped.put(offset, length);
        return 0;
    }

    @Override
    public synchronized int unmap(int shmid, long offset, long length) {
        Long known = mapped.remove(offset);
        return known == null || known != length ? die("UNMAP of what is not mapped so:", offset, length) : 0;
    }

    @Override
    public boolean keepsMappingsOverReset() {
        return false;
    }

    @Override
    public void awaitResume() {}

    @Override
    public synchronized void dropped() {
        mapped.clear();
    }

    @Override
    public boolean canTellOfConfig() {
        return true;
    }

    @Override
    public void configChanged() {}

    @Override
    public boolean canShareObjects() {
        return true;
    }

    @Override
    public synchronized boolean addSharedObject(UUID uuid) {
        return objects.add(uuid);
    }

    @Override
    public synchronized void removeSharedObject(UUID uuid) {
        boolean unused = objects.remove(uuid);
    }

    /** Objects that the VMM was told of and that were not taken back. */
    synchronized int objects() {
        return objects.size();
    }
}
