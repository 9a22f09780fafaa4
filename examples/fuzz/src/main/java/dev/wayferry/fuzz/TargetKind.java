package dev.wayferry.fuzz;

import dev.wayferry.proxy.gpu.GuestShm;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicReference;

/** The targets by the names that `examples/fuzz/run` knows them by. */
enum TargetKind {
    /** Messages of a VMM with descriptors, see {@link FrontEndMessages}. */
    FRONTEND,
    /** Ring memory that is rewritten while it is read, see {@link RingRewrites}. */
    RINGS,
    /** virtio-gpu and cross-domain commands, see {@link CommandStreams}. */
    STREAMS,
    /** The compositor's side of the socket, see {@link CompositorSide}. */
    COMPOSITOR;

    String key() {
        return name().toLowerCase(Locale.ROOT);
    }

    static TargetKind of(String key) {
        return valueOf(key.toUpperCase(Locale.ROOT));
    }

    /** The target over the host process's classes in this process. */
    Target here(Path folder) throws IOException {
        return switch (this) {
            case FRONTEND -> {
                Compositor compositor = new Compositor(folder.resolve("compositor"));
                yield new FrontEndMessages(compositor, VmmSession.sessions(compositor.path()));
            }
            case RINGS -> rings(folder);
            case STREAMS -> new CommandStreams(List.of(
                    World.here(folder.resolve("refuse"), GuestShm.REFUSE),
                    World.here(folder.resolve("copy"), GuestShm.COPY)));
            case COMPOSITOR -> new CompositorSide(World.here(folder.resolve("refuse"), GuestShm.REFUSE));
        };
    }

    /** The target over a host process of its own, which is {@code launcher} with the arguments of the command serve. */
    Target served(Path launcher, Path folder) throws IOException {
        if (this == FRONTEND) {
            Compositor compositor = new Compositor(folder.resolve("compositor"));
            return new FrontEndMessages(compositor, ServedProcess.start(launcher, folder, compositor.path(), GuestShm.COPY));
        }
        return switch (this) {
            case STREAMS -> new CommandStreams(List.of(
                    World.served(launcher, folder, GuestShm.REFUSE), World.served(launcher, folder, GuestShm.COPY)));
            case RINGS -> new RingRewrites(World.served(launcher, folder, GuestShm.REFUSE), 0);
            default -> new CompositorSide(World.served(launcher, folder, GuestShm.REFUSE));
        };
    }

    private static Target rings(Path folder) throws IOException {
        AtomicReference<InProcess> host = new AtomicReference<>();
        World world = new World(folder.resolve("refuse"), (compositor, driver) -> {
            InProcess created = new InProcess(compositor, driver, GuestShm.REFUSE);
            host.set(created);
            return created;
        });
        return new RingRewrites(world, host.get().memoryAddress());
    }
}
