package dev.wayferry.proxy.warmup;

import dev.wayferry.posix.Errno;
import dev.wayferry.proxy.virtio.SharedMemory;
import dev.wayferry.proxy.virtio.VmmNotices;
import java.util.UUID;

/** A VMM that can map nothing and is told nothing. */
enum NoVmm implements SharedMemory, VmmNotices {
    INSTANCE;

    @Override
    public boolean isAvailable() {
        return false;
    }

    @Override
    public int map(int shmid, long offset, long length, int fd) {
        return -Errno.EINVAL;
    }

    @Override
    public int unmap(int shmid, long offset, long length) {
        return 0;
    }

    @Override
    public boolean keepsMappingsOverReset() {
        return false;
    }

    @Override
    public void awaitResume() {}

    @Override
    public void dropped() {}

    @Override
    public boolean canTellOfConfig() {
        return false;
    }

    @Override
    public void configChanged() {}

    @Override
    public boolean canShareObjects() {
        return false;
    }

    @Override
    public boolean addSharedObject(UUID uuid) {
        return false;
    }

    @Override
    public void removeSharedObject(UUID uuid) {}
}
