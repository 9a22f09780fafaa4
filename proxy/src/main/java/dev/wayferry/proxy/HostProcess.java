package dev.wayferry.proxy;

import dev.wayferry.proxy.stats.Counters;
import dev.wayferry.proxy.warmup.WarmUp;

/**
 * What the process has whichever VMM it serves.
 *
 * @param counters what is counted, for all VMMs together
 * @param warmUp is told when a guest comes
 */
record HostProcess(Counters counters, WarmUp warmUp) {
    HostProcess() {
        this(new Counters(), new WarmUp());
    }
}
