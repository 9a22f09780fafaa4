package dev.wayferry.fuzz;

import dev.wayferry.proxy.gpu.GuestShm;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * A guest, the host and a compositor, used for one input after the other: after each everything of the guest's is taken
 * down, and it is looked at whether that worked.
 */
final class World implements AutoCloseable {
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(60);

    private static final long PAUSE_NANOS = 10_000;

    /** Contexts that inputs know by name. */
    static final int CONTEXTS = 6;

    /** Turns after which what other threads do is waited for. */
    private static final int QUICK_TURNS = 4;

    final Driver driver;
    final Host host;
    final Compositor compositor;
    final SentFiles files = new SentFiles();

    /** Contexts whose making was answered with success, and that were not destroyed. */
    private final TreeSet<Integer> contexts = new TreeSet<>();

    /** Numbers that messages have named, for the guest to use. */
    private final List<Integer> identifiers = new ArrayList<>();

    private boolean trusting = true;
    private BitSet before = new BitSet();
    private final Path servers;

    /** Makes the host that is to be met. */
    interface HostFactory {
        Host create(Path compositor, Driver driver) throws IOException;
    }

    World(Path socket, HostFactory hosts) throws IOException {
        servers = socket.toAbsolutePath().resolveSibling("");
        driver = new Driver();
        compositor = new Compositor(socket);
        host = hosts.create(compositor.path(), driver);
        host.start(driver);
    }

    /**
     * A world in this process.
     *
     * @param socket where the compositor is to listen
     */
    static World here(Path socket, GuestShm guestShm) throws IOException {
        return new World(socket, (compositor, driver) -> new InProcess(compositor, driver, guestShm));
    }

    /**
     * A world whose host is a process of its own.
     *
     * @param folder for sockets
     */
    static World served(Path launcher, Path folder, GuestShm guestShm) throws IOException {
        Path socket = folder.resolve("compositor-" + guestShm);
        return new World(socket, (compositor, driver) ->
                new Served(ServedProcess.start(launcher, folder, compositor, guestShm), driver));
    }

    /** Whether what the rings say is what the driver put there; if not, nobody waits for what may not be in them. */
    void trustsRings(boolean trust) {
        trusting = trust;
    }

    /** What is open now may stay so. */
    void ready() {
        before = OpenFiles.now();
    }

    /** Lets the device work, and takes what came of it. */
    void turn() throws IOException {
        driver.kick();
        host.turn();
        reap();
    }

    private void reap() throws IOException {
        try {
            driver.reap();
        } catch (Finding e) {
            if (trusting) {
                throw e;
            }
            reboot();
        }
        for (Driver.Request back : driver.answered()) {
            boolean done = back.answer() == 0x1100;
            if (done && back.type() == 0x200) {
                contexts.add(back.context());
            } else if (done && back.type() == 0x201) {
                contexts.remove(back.context());
            } else if (done && back.type() == 0x207) {
                Commands.findIdentifiers(trusting, driver.ram(), back.context(), identifiers);
            }
        }
    }

    /** Waits for the answer of a request that does not wait for anybody. */
    void await(Driver.Request request) throws IOException {
        long deadline = 0;
        for (int turns = 0; !request.isBack() && (trusting || turns < QUICK_TURNS); turns++) {
            if (turns == QUICK_TURNS) {
                deadline = System.nanoTime() + PATIENCE_NANOS;
            } else if (turns > QUICK_TURNS) {
                if (System.nanoTime() > deadline) {
                    throw new Finding(Finding.Kind.HANG, request + " is not answered");
                }
                LockSupport.parkNanos(PAUSE_NANOS);
            }
            turn();
        }
    }

    /** A number that a message has named, or any. */
    int identifier(Input input) {
        int choice = input.next();
        if (choice < 0xc0 && !identifiers.isEmpty()) {
            return identifiers.get(choice % identifiers.size());
        }
        return choice < 0xd0 ? choice & 15 : choice < 0xe0 ? 0x8000_0000 + (choice & 3) : input.number32();
    }

    /** The guest's driver starts anew, whatever was in flight. */
    void reboot() throws IOException {
        driver.boot();
        host.start(driver);
        contexts.clear();
        identifiers.clear();
    }

    /** Takes everything down as a guest does, then as a VMM does, and looks at what is left. */
    void end() throws IOException {
        turn();
        for (int context : List.copyOf(contexts)) {
            await(driver.submit(Commands.header(driver.request(), 0x201, 24, context), Driver.Form.USUAL));
        }
        for (Driver.Request waiting : driver.waiting()) {
            await(waiting);
        }
        turn();
        endByForce();
    }

    /** The same without the guest's part, whose rings may say anything; then a driver that starts anew has to be served. */
    void endByForce() throws IOException {
        files.close();
        compositor.closeAll();
        host.failMaps(false);
        host.reset();
        host.check();
        compositor.closeAll();
        identifiers.clear();
        contexts.clear();
        OpenFiles.awaitNoMoreThan(before, servers, () -> {
            host.turn();
            compositor.closeAll();
        });
        driver.boot();
        host.start(driver);
        boolean trusted = trusting;
        trusting = true;
        await(driver.submit(Commands.header(driver.request(), 0x100, 24, 0), Driver.Form.USUAL));
        trusting = trusted;
    }

    @Override
    public void close() {
        try {
            host.close();
        } finally {
            files.close();
            compositor.close();
            driver.close();
        }
    }
}
