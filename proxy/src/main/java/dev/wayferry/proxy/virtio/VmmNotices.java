package dev.wayferry.proxy.virtio;

import java.util.UUID;

/**
 * What the transport lets a device tell the VMM by itself, where the VMM knows such messages and no answer of its hurts it.
 * The calls block until the VMM has taken them, so they never run on the loop.
 */
public interface VmmNotices {
    /** Whether the VMM can be told that the configuration space has changed. */
    boolean canTellOfConfig();

    /** The configuration space has changed: the driver is to be interrupted. */
    void configChanged();

    /** Whether the VMM hands objects of ours to other devices of the VM. */
    boolean canShareObjects();

    /** Other devices may ask for the object {@code uuid} from now on; whether the VMM knows it now. */
    boolean addSharedObject(UUID uuid);

    /** An object that was added has gone. */
    void removeSharedObject(UUID uuid);
}
