package dev.wayferry.examples.bench.workload;

/** Messages of 64 bytes one way, at a steady pace or as fast as they go. */
abstract class StreamWorkload implements Workload {
    static final int SIZE = 64;

    private final String name;
    private final int perSecond;
    private final double fastestPerMilli;

    /**
     * @param perSecond messages in all, 0 for as fast as they go
     * @param fastestPerMilli how many that is
     */
    StreamWorkload(String name, int perSecond, double fastestPerMilli) {
        this.name = name;
        this.perSecond = perSecond;
        this.fastestPerMilli = fastestPerMilli;
    }

    @Override
    public final String name() {
        return name;
    }

    @Override
    public final double operationsPerMilli() {
        return isPaced() ? perSecond / 1e3 : fastestPerMilli;
    }

    final boolean isPaced() {
        return perSecond != 0;
    }

    final Pace pace() {
        return Pace.of(perSecond);
    }
}
