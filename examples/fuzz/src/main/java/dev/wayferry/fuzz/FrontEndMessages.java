package dev.wayferry.fuzz;

import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.PosixException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.BitSet;
import org.jspecify.annotations.Nullable;

/**
 * A VMM that says what it likes, with whatever descriptors: a session of its own for each input. So that inputs get beyond
 * the first message, a VMM can do each of its usual steps in one.
 */
final class FrontEndMessages implements Target {
    private static final int MOST_STEPS = 60;
    private static final int OPS = 12;

    private static final int[] REQUESTS = {
        1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 24, 25, 31, 32, 33, 34, 36, 37, 38,
        39, 40, 41, 42, 43, 44, 45, 1004, 0
    };

    private final Compositor compositor;
    private final Sessions sessions;
    private final Driver driver;
    private final SentFiles files = new SentFiles();
    private final BitSet before;
    private @Nullable VmmSocket backChannel;

    /** Where sessions come from, one after the other. */
    interface Sessions {
        /** Begins a session; returns the VMM's end of its socket, the caller's. */
        OwnedFd begin() throws IOException;

        /** Waits for the end of the session, whose VMM has gone. */
        void awaitEnd() throws IOException;
    }

    /** @param compositor this object's to close */
    FrontEndMessages(Compositor compositor, Sessions sessions) throws IOException {
        this.compositor = compositor;
        this.sessions = sessions;
        driver = new Driver();
        before = OpenFiles.now();
    }

    @Override
    public void run(Input input) throws IOException {
        driver.boot();
        try (VmmSocket socket = new VmmSocket(sessions.begin())) {
            int shape = input.next();
            if ((shape & 1) == 0) {
                backChannel(VmmSteps.negotiate(socket, shape));
            }
            if ((shape & 3) == 0) {
                VmmSteps.memory(socket, driver);
                VmmSteps.ring(socket, driver, 0, 0);
            }
            for (int step = 0; step < MOST_STEPS && !input.isEmpty(); step++) {
                next(socket, input);
                files.closeSent();
            }
            socket.awaitAll();
        } finally {
            if (backChannel != null) {
                backChannel.close();
                backChannel = null;
            }
            sessions.awaitEnd();
            files.close();
            compositor.closeAll();
        }
        OpenFiles.awaitNoMoreThan(before, compositor.path().resolveSibling(""), () -> {});
    }

    private void next(VmmSocket socket, Input input) throws IOException {
        switch (input.below(OPS)) {
            case 0 -> backChannel(VmmSteps.negotiate(socket, input.next()));
            case 1 -> VmmSteps.memory(socket, driver);
            case 2 -> VmmSteps.ring(socket, driver, input.below(4), input.nextShort());
            case 3, 4, 5, 6 -> message(socket, input);
            case 7 -> {
                command(input);
                driver.kick();
            }
            case 8 -> answer(input);
            case 9 -> raw(socket, input);
            case 10 -> driver.kickAnyway();
            default -> socket.awaitAll();
        }
    }

    private void backChannel(@Nullable VmmSocket next) {
        if (next != null) {
            if (backChannel != null) {
                backChannel.close();
            }
            backChannel = next;
        }
    }

    // ---- anything

    private void message(VmmSocket socket, Input input) throws PosixException {
        int choice = input.next();
        int request = choice == 0xff ? input.number32() : REQUESTS[choice % REQUESTS.length];
        MemorySegment payload = socket.payload();
        int size = fill(payload, request, input);
        int odd = input.next();
        int count = (odd & 3) != 0 ? usualFiles(request, payload) : (odd >> 2) % 40;
        for (int i = 0; i < count; i++) {
            int kind = input.next();
            socket.add(kind < 0x80 ? usualFile(request) : files.make(kind, input.next()));
        }
        int flags = odd < 0xf0 ? 1 | (odd >> 1 & 8) : input.next();
        int said = odd == 0xff ? input.number32() : size;
        socket.send(request, flags, said, size);
    }

    private static int usualFiles(int request, MemorySegment payload) {
        return switch (request) {
            case 5 -> Math.clamp(payload.get(Commands.INT, 0), 0, 8);
            case 12, 13, 14 -> (payload.get(Commands.LONG, 0) & 0x100) == 0 ? 1 : 0;
            case 21, 32, 33, 37 -> 1;
            default -> 0;
        };
    }

    private int usualFile(int request) throws PosixException {
        return switch (request) {
            case 12, 13, 14 -> driver.kickFd();
            case 21, 33 -> files.make(10, 0);
            default -> driver.file().number();
        };
    }

    /** Fills the payload as the request wants it, more or less; returns its size. */
    private static int fill(MemorySegment payload, int request, Input input) {
        int size = switch (request) {
            case 2, 16, 12, 13, 14, 39 -> {
                payload.set(Commands.LONG, 0, input.number());
                yield 8;
            }
            case 8, 10, 11, 18 -> {
                payload.set(Commands.INT, 0, input.number32());
                payload.set(Commands.INT, 4, input.number32());
                yield 8;
            }
            case 9 -> {
                payload.set(Commands.INT, 0, input.below(3));
                for (int i = 1; i < 5; i++) {
                    payload.set(Commands.LONG, 8L * i, VmmSteps.USER_BASE + input.number());
                }
                yield 40;
            }
            case 5, 37, 38 -> {
                int count = request == 5 ? input.below(10) : 1;
                payload.set(Commands.INT, 0, request == 5 ? count : 0);
                for (int i = 0; i < count; i++) {
                    VmmSteps.region(payload, 8 + 32L * i, input.number(), number(input, Driver.RAM_SIZE),
                            number(input, VmmSteps.USER_BASE), input.number());
                }
                yield 8 + 32 * count;
            }
            case 24, 25 -> {
                payload.set(Commands.INT, 0, input.number32());
                payload.set(Commands.INT, 4, input.number32());
                yield 12 + input.nextShort() % 1024;
            }
            case 31, 32 -> {
                payload.set(Commands.LONG, 0, input.number());
                payload.set(Commands.LONG, 8, input.number());
                payload.set(Commands.SHORT, 16, (short) input.number());
                payload.set(Commands.SHORT, 18, (short) input.number());
                yield input.flag() ? 20 : 24;
            }
            default -> input.next() < 0x80 ? 0 : input.next();
        };
        return input.below(16) == 15 ? input.next() : size;
    }

    private static long number(Input input, long usual) {
        return input.flag() ? usual : input.number();
    }

    private void raw(VmmSocket socket, Input input) {
        MemorySegment payload = socket.payload();
        int length = 1 + input.below(64);
        for (int i = 0; i < length; i++) {
            payload.set(Commands.BYTE, i, (byte) input.next());
        }
        socket.sendRaw(length);
    }

    /** A guest's command, so that there is something to do while the VMM talks. */
    private void command(Input input) {
        if (!driver.hasRoom()) {
            return;
        }
        MemorySegment request = driver.request();
        int context = 1 + input.below(3);
        int length = switch (input.below(8)) {
            case 0 -> Commands.ctxCreate(request, context, 5);
            case 1, 2 -> {
                int ring = input.below(2);
                int blob = Commands.guestBlob(request, Commands.ringResource(context, ring), 4096, 1);
                Commands.entry(request, 56, 0, Commands.ringAddress(context, ring), 4096);
                yield blob;
            }
            case 3 -> Commands.resource(request, 0x202, Commands.ringResource(context, input.below(2)), context);
            case 4 -> Commands.init(request, context, 20, Commands.ringResource(context, 0),
                    Commands.ringResource(context, 1), 1);
            case 5 -> Commands.poll(request, context, 7);
            case 6 -> Commands.hostBlob(request, 1 + input.below(4), context, 2 + input.below(4), 4096);
            default -> Commands.map(request, 1 + input.below(4), 4096L * input.below(4));
        };
        Driver.Request unused = driver.submit(length, Driver.Form.USUAL);
    }

    /** Answers what the back-end asks on its own socket, or says something else there. */
    private void answer(Input input) {
        VmmSocket socket = backChannel;
        if (socket == null) {
            return;
        }
        int came = socket.receive();
        int request = came >= 12 ? socket.received().get(Commands.INT, 0) : input.next();
        socket.payload().set(Commands.LONG, 0, input.below(4) == 3 ? input.number() : 0);
        if (input.below(8) == 7) {
            socket.sendRaw(input.next() + 1);
        } else {
            socket.send(request, input.below(8) == 7 ? input.next() : 5, 8, 8);
        }
    }

    @Override
    public void close() {
        files.close();
        driver.close();
        compositor.close();
    }
}
