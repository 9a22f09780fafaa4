package dev.wayferry.jcstress;

import dev.wayferry.proxy.memory.GuestMemory;
import dev.wayferry.proxy.memory.GuestRegion;
import dev.wayferry.proxy.screen.GuestPixels;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.I_Result;

/**
 * The VMM replaces the guest's memory map, then takes the old region away, while the screen's thread copies from it: r1 what
 * the copy has, which is the same in both regions.
 */
@JCStressTest
@Outcome(id = "7", expect = Expect.ACCEPTABLE, desc = "the pixels, from the one region or the other")
@Outcome(expect = Expect.FORBIDDEN, desc = "a part of them, or an error")
@State
public class MemorySwapLifeStress {
    private static final int LENGTH = 4096;

    private final GuestRegion old = region();
    private final GuestRegion next = region();
    private volatile GuestMemory memory = GuestMemory.of(List.of(old));
    private final GuestPixels pixels = new GuestPixels(() -> memory, new long[] {0, LENGTH});

    private static GuestRegion region() {
        Arena arena = Arena.ofShared();
        return GuestRegion.of(0, 1L << 40, arena, arena.allocate(LENGTH).fill((byte) 7));
    }

    @Actor
    public void screen(I_Result result) {
        byte[] copy = new byte[LENGTH];
        try {
            pixels.read(0, MemorySegment.ofArray(copy), 0, LENGTH);
            int all = copy[0];
            for (byte each : copy) {
                all = each == all ? all : -1;
            }
            result.r1 = all;
        } catch (IOException | IllegalStateException e) {
            result.r1 = -2;
        }
    }

    @Actor
    public void session() {
        memory = GuestMemory.of(List.of(next));
        old.close();
    }
}
