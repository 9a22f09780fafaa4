package dev.wayferry.fuzz;

import dev.wayferry.wire.crossdomain.CrossDomain;
import java.io.IOException;
import java.lang.foreign.MemorySegment;

/** Rings and requests that are not what they were when the device last looked. */
final class RingRewrites implements Target {
    private static final int MOST_ROUNDS = 24;
    private static final int MOST_REWRITES = 6;

    private final World world;
    private final boolean interposed;
    private final GuestOps guest;
    private final CompositorOps compositor;
    private final MemorySegment ram;
    private final Rewrites rewrites;

    /** @param device where the device has the guest's memory mapped; 0 where that is not in this process */
    RingRewrites(World world, long device) {
        this.interposed = device != 0;
        this.world = world;
        this.guest = new GuestOps(world);
        this.compositor = new CompositorOps(world);
        this.ram = world.driver.ram();
        this.rewrites = new Rewrites(device, ram);
        world.trustsRings(false);
        world.ready();
    }

    @Override
    public void run(Input input) throws IOException {
        try {
            GuestReads.rewrites(rewrites);
            GuestOps.open(world, 1, 20, CrossDomain.CHANNEL_TYPE_WAYLAND);
            if (interposed && !rewrites.sawReads()) {
                throw new IllegalStateException("what Variants makes is not before the proxy's classes on the class path");
            }
            for (int round = 0; round < MOST_ROUNDS && !input.isEmpty(); round++) {
                int choice = input.next();
                if ((choice & 7) == 7) {
                    compositor.next(input);
                }
                int planned = (choice >> 3) % MOST_REWRITES;
                for (int i = 0; i < planned; i++) {
                    int when = input.next();
                    if (when == 0xff || !interposed) {
                        Rewrites.write(ram, place(input), width(input), value(input));
                    } else {
                        rewrites.add(when & 31, place(input), width(input), value(input));
                    }
                }
                guest.next(input);
                if ((choice & 6) == 6) {
                    world.driver.kickAnyway();
                    world.turn();
                }
                rewrites.clear();
            }
        } finally {
            GuestReads.rewrites(null);
            rewrites.clear();
        }
        world.endByForce();
    }

    private static long value(Input input) {
        int choice = input.next();
        // Where something lies, or any number.
        return choice < 0x40 ? Driver.PAGES + 0x100L * choice : input.number();
    }

    private static int width(Input input) {
        return 2 << input.below(3);
    }

    private static long place(Input input) {
        int choice = input.next();
        return switch (choice & 7) {
            case 0, 1 -> Driver.descriptorAt(choice >> 3) + 2L * input.below(8);
            case 2 -> Driver.availAt() + 2;
            case 3 -> Driver.availAt() + 4 + 2L * (choice >> 3);
            case 4 -> Driver.usedAt() + 2L * input.next();
            case 5 -> Driver.tableAt(choice >> 3) + 2L * input.below(64);
            case 6 -> Commands.ringAddress(1, choice >> 3 & 1) + 2L * input.next();
            default -> Driver.slotAt(choice >> 3) + 2L * input.next();
        };
    }

    @Override
    public void close() {
        world.close();
    }
}
