package dev.wayferry.proxy.queue;

import dev.wayferry.proxy.memory.GuestMemory;
import dev.wayferry.proxy.memory.GuestRegion;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** Some guest memory with address 0 at its start. */
final class GuestRam {
    static final long SIZE = 4 << 20;

    final MemorySegment memory;
    final GuestMemory map;

    GuestRam() {
        Arena arena = Arena.ofShared();
        memory = arena.allocate(SIZE, 4096);
        map = GuestMemory.of(List.of(GuestRegion.of(0, 0x7000_0000_0000L, arena, memory)));
    }
}
