package dev.wayferry.proxy.gpu;

import dev.wayferry.proxy.log.GuestLog;
import dev.wayferry.proxy.virtio.SharedMemory;
import dev.wayferry.proxy.virtio.VmmNotices;
import java.util.UUID;

/** A keeper whose VMM is the test. */
final class Keepers {
    private static final GuestLog LOG = new GuestLog("stress");

    private Keepers() {}

    static ResourceKeeper of(SharedMemory memory, VmmNotices notices) {
        return new ResourceKeeper("stress", LOG, memory, notices);
    }

    /** The one range of a VMM. */
    static final class OneRange implements SharedMemory {
        private boolean mapped;

        synchronized boolean isMapped() {
            return mapped;
        }

        /** What the VMM does by itself when its guest is reset. */
        synchronized void drop() {
            mapped = false;
        }

        @Override
        public boolean isAvailable() {
            return true;
        }

        @Override
        public synchronized int map(int shmid, long offset, long length, int fd) {
            mapped = true;
            return 0;
        }

        @Override
        public synchronized int unmap(int shmid, long offset, long length) {
            mapped = false;
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
    }

    /** A VMM that takes every notice. */
    static class Notices implements VmmNotices {
        @Override
        public boolean canTellOfConfig() {
            return true;
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
}
