package dev.wayferry.proxy.gpu;

import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.CompilerControl;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** A request through the ring between taking in and giving out, against a direct call of the consumer. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class HandoffBench {
    private static final int TURN = 64;

    /** Does next to nothing, in a call that stays one. */
    private static final class Counter implements Handoff.Consumer {
        private long lengths;

        @Override
        @CompilerControl(CompilerControl.Mode.DONT_INLINE)
        public void onRequest(GpuRequest request, boolean more) {
            lengths += request.fixedLength();
        }

        @Override
        public void onContext(GpuContext context) {
            throw new IllegalStateException("only requests are put in");
        }
    }

    private final Counter counter = new Counter();
    private final Handoff handoff = new Handoff(counter);
    private final GpuRequest request = new GpuRequest(new Responses());

    @Benchmark
    public long direct() {
        counter.onRequest(request, false);
        return counter.lengths;
    }

    /** One request in a turn. */
    @Benchmark
    public long oneInATurn() {
        put();
        handoff.drain();
        return counter.lengths;
    }

    /** Sixty-four requests in a turn. */
    @Benchmark
    @OperationsPerInvocation(TURN)
    public long sixtyFourInATurn() {
        for (int i = 0; i < TURN; i++) {
            put();
        }
        handoff.drain();
        return counter.lengths;
    }

    /** As the device does: a full ring is drained first. */
    private void put() {
        if (handoff.isFull()) {
            handoff.drain();
        }
        handoff.put(request);
    }
}
