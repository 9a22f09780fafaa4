package dev.wayferry.examples.soak;

/** What happens to a {@link Desk}. The first four are kills. */
enum Fault {
    VMM("VMM"),
    GUEST_PROXY("guest proxy"),
    CLIENT("client"),
    COMPOSITOR("compositor"),
    /** The machine is reset and boots anew. */
    REBOOT("reboots"),
    /** A process stands still for a moment. */
    STOP("stops");

    private final String text;

    Fault(String text) {
        this.text = text;
    }

    boolean isKill() {
        return ordinal() <= COMPOSITOR.ordinal();
    }

    @Override
    public String toString() {
        return text;
    }
}
