package dev.wayferry.fuzz;

import dev.wayferry.wire.crossdomain.CrossDomain;
import java.io.IOException;

/** A compositor that sends what it likes to a guest proxy which does what guest proxies do. */
final class CompositorSide implements Target {
    private static final int MOST_STEPS = 60;
    private static final int MOST_POLLS = 4;

    private final World world;
    private final GuestOps guest;
    private final CompositorOps compositor;

    CompositorSide(World world) {
        this.world = world;
        this.guest = new GuestOps(world);
        this.compositor = new CompositorOps(world);
        world.ready();
    }

    @Override
    public void run(Input input) throws IOException {
        int variant = input.next();
        GuestOps.open(world, 1, variant % 3 == 0 ? 20 : variant % 3 == 1 ? 24 : 36, CrossDomain.CHANNEL_TYPE_WAYLAND);
        GuestOps.open(world, 2, 36, CrossDomain.CHANNEL_TYPE_PIPEWIRE);
        for (int step = 0; step < MOST_STEPS && !input.isEmpty(); step++) {
            int choice = input.below(8);
            if (choice == 0) {
                guest.next(input);
            } else {
                if (choice < 4) {
                    poll(1 + (choice & 1));
                }
                compositor.next(input);
            }
        }
        world.end();
    }

    private void poll(int context) throws IOException {
        if (world.driver.hasRoom() && world.driver.waiting().size() < MOST_POLLS) {
            Driver.Request unused = world.driver.submit(
                    Commands.poll(world.driver.request(), context, context), Driver.Form.USUAL);
            world.turn();
        }
    }

    @Override
    public void close() {
        world.close();
    }
}
