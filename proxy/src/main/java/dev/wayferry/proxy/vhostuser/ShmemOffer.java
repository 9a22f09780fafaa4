package dev.wayferry.proxy.vhostuser;

/** Which dialects of shared memory a VMM is offered. */
public enum ShmemOffer {
    /** The standard and the legacy one, which no VMM takes one for the other. */
    AUTO(ShmemDialect.STANDARD.feature() | ShmemDialect.LEGACY.feature()),
    STANDARD(ShmemDialect.STANDARD.feature()),
    LEGACY(ShmemDialect.LEGACY.feature()),

    /** Only on demand: to other VMMs the bit means GET_VRING_BASE_INFLIGHT. */
    BIT20(ShmemDialect.BIT20.feature()),

    /** Only on demand: to other VMMs the bit means GPA_ADDRESSES. */
    BIT21(ShmemDialect.BIT21.feature());

    private final long features;

    ShmemOffer(long features) {
        this.features = features;
    }

    /** Protocol features, as a mask. */
    long features() {
        return features;
    }
}
