package dev.wayferry.bridge;

/**
 * So much of something that many have to share, each of whom asks before it takes. For one thread.
 *
 * <p>What one may have depends on what is left for all the others: it takes no more than {@code share} times that. So
 * whoever is alone gets nearly everything, and whoever is greedy still leaves something to the next.
 */
public final class Budget {
    private final long limit;
    private final int share;
    private long taken;

    /**
     * @param limit how much there is
     * @param share how many times what it leaves one may have
     */
    public Budget(long limit, int share) {
        this.limit = limit;
        this.share = share;
    }

    /** Whether someone who has {@code own} already may take {@code amount} more. */
    public boolean hasRoom(long own, long amount) {
        return own + amount <= share * (limit - taken - amount);
    }

    /** Takes what there was room for. */
    public void take(long amount) {
        taken += amount;
    }

    public void giveBack(long amount) {
        taken -= amount;
    }
}
