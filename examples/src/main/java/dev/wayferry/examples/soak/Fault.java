package dev.wayferry.examples.soak;

/** What happens to a {@link Desk}. */
enum Fault {
    VMM("VMM", true),
    GUEST_PROXY("guest proxy", true),
    CLIENT("client", true),
    COMPOSITOR("compositor", true),
    /** The machine is reset and boots anew. */
    REBOOT("reboots", false),
    /** A process stands still for a moment. */
    STOP("stops", false);

    private final String text;
    private final boolean kill;

    Fault(String text, boolean kill) {
        this.text = text;
        this.kill = kill;
    }

    boolean isKill() {
        return kill;
    }

    @Override
    public String toString() {
        return text;
    }
}
