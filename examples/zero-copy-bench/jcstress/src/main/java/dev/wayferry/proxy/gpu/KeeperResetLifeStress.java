package dev.wayferry.proxy.gpu;

import dev.wayferry.posix.OwnedFd;
import dev.wayferry.proxy.gpu.Keepers.Notices;
import dev.wayferry.proxy.gpu.Keepers.OneRange;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/**
 * The keeper maps a resource while the guest is reset, at which the VMM drops what is mapped: r1 how often the request was
 * told its result, r2 whether something of the old guest's is mapped when the keeper has nothing more to do.
 */
@JCStressTest
@Outcome(id = "1, 0", expect = Expect.ACCEPTABLE, desc = "told once, and nothing is left mapped")
@Outcome(expect = Expect.FORBIDDEN, desc = "never told, or the new guest finds the old one's file")
@State
public class KeeperResetLifeStress {
    private static final int MAX_PAUSE = 100;

    private final OneRange range = new OneRange();
    private final ResourceKeeper keeper = Keepers.of(range, new Notices());
    private final AtomicInteger told = new AtomicInteger();
    private final GpuResource resource = new GpuResource(1, 2, 4096, new long[0], GpuResource.State.READY);
    private final OwnedFd file = new OwnedFd(Integer.MAX_VALUE, () -> {});
    private final CountDownLatch mayMap = new CountDownLatch(1);
    private volatile boolean maps;

    public KeeperResetLifeStress() {
        resource.mapOffset = 0;
        keeper.map(
                resource,
                () -> {
                    awaitTurn();
                    return file;
                },
                _ -> told.incrementAndGet());
    }

    private void awaitTurn() {
        try {
            mayMap.await();
            maps = true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Actor
    public void guest() {
        mayMap.countDown();
    }

    @Actor
    public void reset() {
        // Until the keeper is awake, which takes it a thousand times as long as what is to collide.
        while (!maps) {
            Thread.onSpinWait();
        }
        for (int pause = ThreadLocalRandom.current().nextInt(MAX_PAUSE); pause > 0; pause--) {
            Thread.onSpinWait();
        }
        range.drop();
        keeper.reset(List.of(), true);
    }

    @Arbiter
    public void look(II_Result result) {
        keeper.close();
        result.r1 = told.get();
        result.r2 = range.isMapped() ? 1 : 0;
    }
}
