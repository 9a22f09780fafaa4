package dev.wayferry.examples.bench.guest;

/** What {@link Guest#next} tells of: which operation of which connection, in an int so that nothing is allocated. */
public final class Finished {
    /** Nothing is finished. */
    public static final int NOTHING = -1;

    public static final int QUERY = 0;
    public static final int POLL = 1;
    public static final int SEND = 2;
    /** Of the guest's own; no workload sees it. */
    static final int SETUP = 3;

    private static final int CONNECTION_SHIFT = 2;
    private static final int CONNECTION_MASK = 0xfff;
    private static final int SLOT_SHIFT = 14;

    private Finished() {}

    static int of(int kind, int connection, int slot) {
        return slot << SLOT_SHIFT | connection << CONNECTION_SHIFT | kind;
    }

    /** {@link #QUERY}, {@link #POLL} or {@link #SEND}. */
    public static int kind(int finished) {
        return finished & 3;
    }

    public static int connection(int finished) {
        return finished >>> CONNECTION_SHIFT & CONNECTION_MASK;
    }

    /** The slot of a SEND, which is free again. */
    public static int slot(int finished) {
        return finished >>> SLOT_SHIFT;
    }
}
