package dev.wayferry.proxy.stats;

import java.util.Locale;

/** What is counted, with the key it has in the answers of {@code --stats-fd}. */
public enum Counter {
    /** SENDs whose last byte was taken, by the socket or what waits for it. */
    MESSAGES_SENT,
    /** RECEIVEs given to guests. */
    MESSAGES_RECEIVED,
    /** Requests taken from the queues. */
    CHAINS,
    /** Turns of the loop with the control queue running; each has waited in epoll_wait once. */
    TURNS,
    /** Publications of used entries, each of all that a turn gave back. */
    BATCHES,
    /** Writes to the eventfd that interrupts the guest. */
    INTERRUPTS,
    /** Calls of sendmsg for SENDs, failed ones included. */
    SENDMSGS,
    /** Calls of writev for WRITEs, failed ones included. */
    WRITES,
    /** Calls of recvmsg for RECEIVEs, failed ones included. */
    RECVMSGS,

    /** Payload that could not go at once, and was copied to wait. */
    COPIED_WAITING,
    /** Payload that lies in too many pieces for the kernel to take them in place. */
    COPIED_SCATTERED,
    /** What did not fit a RECEIVE together with its files. */
    COPIED_RECEIVED,
    /** SENDs that are looked at before they go. */
    COPIED_INSPECTED,
    /** What programs drew in guest memory, where that is mirrored. */
    COPIED_MIRRORED,
    /** Received files of which the guest maps a copy. */
    COPIED_FILES,

    /** Now: contexts there are. */
    CONTEXTS,
    /** Now: POLLs that wait for a message. */
    PARKED_POLLS,
    /** Now: SENDs and WRITEs that wait, as not even their bytes can be taken. */
    HELD,
    /** Now: bytes that wait, copied, for sockets and pipes that have no room. */
    QUEUED,
    /** Now: what was taken in and not given out yet; 0 between turns. */
    HANDOFF,
    /** The most of those there ever were. */
    HANDOFF_MOST;

    private static final String COPIED = "COPIED_";

    /** Its place among all. */
    @SuppressWarnings("EnumOrdinal") // of this process only
    int index() {
        return ordinal();
    }

    boolean isCopy() {
        return name().startsWith(COPIED);
    }

    String key() {
        return (isCopy() ? name().substring(COPIED.length()) : name()).toLowerCase(Locale.ROOT);
    }
}
