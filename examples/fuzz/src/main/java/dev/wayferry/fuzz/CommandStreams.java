package dev.wayferry.fuzz;

import java.io.IOException;
import java.util.List;

/**
 * Commands of a guest in any order, now and then something of the compositor's between them: contexts, channels, blobs,
 * SENDs, pipes, fences, restarts of the driver.
 */
final class CommandStreams implements Target {
    private static final int MOST_STEPS = 100;

    private final List<World> worlds;

    /** @param worlds of which each input chooses one */
    CommandStreams(List<World> worlds) {
        this.worlds = worlds;
        worlds.forEach(World::ready);
    }

    @Override
    public void run(Input input) throws IOException {
        World world = worlds.get(input.below(2) % worlds.size());
        GuestOps guest = new GuestOps(world);
        CompositorOps compositor = new CompositorOps(world);
        for (int step = 0; step < MOST_STEPS && !input.isEmpty(); step++) {
            if (input.below(5) == 4) {
                compositor.next(input);
            } else {
                guest.next(input);
            }
        }
        world.end();
    }

    @Override
    public void close() {
        worlds.forEach(World::close);
    }
}
