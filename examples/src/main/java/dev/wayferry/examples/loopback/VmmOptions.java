package dev.wayferry.examples.loopback;

import dev.wayferry.wire.vhostuser.VhostUser;

/** How a {@link LoopbackVmm} is made. Without changes it is QEMU with 64 MiB of RAM and all that QEMU 11.1 knows. */
public final class VmmOptions {
    private static final long KNOWN_PROTOCOL_FEATURES = bit(VhostUser.PROTOCOL_F_MQ)
            | bit(VhostUser.PROTOCOL_F_REPLY_ACK)
            | bit(VhostUser.PROTOCOL_F_BACKEND_REQ)
            | bit(VhostUser.PROTOCOL_F_CONFIG)
            | bit(VhostUser.PROTOCOL_F_BACKEND_SEND_FD)
            | bit(VhostUser.PROTOCOL_F_RESET_DEVICE)
            | bit(VhostUser.PROTOCOL_F_CONFIGURE_MEM_SLOTS)
            | bit(VhostUser.PROTOCOL_F_STATUS)
            | bit(VhostUser.PROTOCOL_F_SHARED_OBJECT)
            | bit(VhostUser.PROTOCOL_F_SHMEM);

    private long ramSize = 64L << 20;
    private long lowRamSize = 2L << 30;
    private long protocolFeatures = KNOWN_PROTOCOL_FEATURES;
    private long deviceFeatures = -1L;
    private int configSize = 16;
    private boolean answersBeforeDone = true;
    private int doneDelayMillis;
    private int replyTimeoutMillis = 10_000;

    /** Bytes of guest RAM, whole pages; memory is only taken as it is touched. */
    public VmmOptions ramSize(long bytes) {
        ramSize = bytes;
        return this;
    }

    long ramSize() {
        return ramSize;
    }

    /** How much of the RAM lies below 4 GiB; the rest lies above, where address and file offset differ. */
    public VmmOptions lowRamSize(long bytes) {
        lowRamSize = bytes;
        return this;
    }

    long lowRamSize() {
        return lowRamSize;
    }

    /** Acknowledges no other protocol features than these, as a mask. */
    public VmmOptions protocolFeatures(long mask) {
        protocolFeatures = mask & KNOWN_PROTOCOL_FEATURES;
        return this;
    }

    long protocolFeatures() {
        return protocolFeatures;
    }

    /** Leaves a protocol feature unacknowledged, by its bit number. */
    public VmmOptions withoutProtocolFeature(int number) {
        protocolFeatures &= ~bit(number);
        return this;
    }

    /** Hides a virtio feature of the back-end from the guest, by its bit number. */
    public VmmOptions withoutDeviceFeature(int number) {
        deviceFeatures &= ~bit(number);
        return this;
    }

    long deviceFeatures() {
        return deviceFeatures;
    }

    /** Bytes of configuration space that the guest sees. */
    public VmmOptions configSize(int bytes) {
        configSize = bytes;
        return this;
    }

    int configSize() {
        return configSize;
    }

    /**
     * Whether SHMEM_MAP and SHMEM_UNMAP are answered before they are done, and the back-end is then told of its own file
     * by ADD_MEM_REG or REM_MEM_REG, as by QEMU; otherwise they are done first and not told of, as by crosvm.
     */
    public VmmOptions answersBeforeDone(boolean habit) {
        answersBeforeDone = habit;
        return this;
    }

    boolean answersBeforeDone() {
        return answersBeforeDone;
    }

    /** With {@link #answersBeforeDone}: how long the deed takes after the answer. */
    public VmmOptions doneDelayMillis(int millis) {
        doneDelayMillis = millis;
        return this;
    }

    int doneDelayMillis() {
        return doneDelayMillis;
    }

    /** How long the back-end may take for a reply. */
    public VmmOptions replyTimeoutMillis(int millis) {
        replyTimeoutMillis = millis;
        return this;
    }

    int replyTimeoutMillis() {
        return replyTimeoutMillis;
    }

    private static long bit(int number) {
        return 1L << number;
    }
}
