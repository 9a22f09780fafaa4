package dev.wayferry.fuzz;

import dev.wayferry.posix.Posix;
import dev.wayferry.posix.PosixException;
import dev.wayferry.posix.SocketMessage;
import java.io.IOException;

/** What a compositor does with its connections and with what came by them, made of an input. */
final class CompositorOps {
    private static final int OPS = 10;
    private static final int MOST_FILES = 40;

    private final World world;
    private final Compositor compositor;
    private final SentFiles files;

    CompositorOps(World world) {
        this.world = world;
        this.compositor = world.compositor;
        this.files = world.files;
    }

    /** The next thing that the input has the compositor do. */
    void next(Input input) throws IOException {
        switch (input.below(OPS)) {
            case 0, 1, 2 -> send(input, input.below(4));
            case 3 -> send(input, input.below(MOST_FILES));
            case 4 -> send(input, 0);
            case 5 -> compositor.receive(input.next(), input.nextShort(), files);
            case 6 -> writePeer(input);
            case 7 -> readPeer(input);
            case 8 -> {
                if (input.below(4) == 3) {
                    compositor.close(input.next());
                } else {
                    files.closePeer(input.next());
                }
            }
            default -> files.resize(input.next(), input.number());
        }
        world.turn();
    }

    private void send(Input input, int count) throws PosixException {
        int which = input.next();
        int length = 1 + (input.below(8) == 7 ? input.nextShort() : input.next());
        SocketMessage message = compositor.message();
        for (int i = 0; i < count; i++) {
            int choice = input.next();
            int fd = files.make(choice, input.next());
            if (fd >= 0) {
                boolean unused = message.addFd(fd);
            }
        }
        compositor.buffer().set(Commands.LONG, 0, input.nextInt());
        compositor.send(which, length);
    }

    private void writePeer(Input input) {
        int peer = files.peer(input.next());
        if (peer >= 0) {
            long unused = Posix.write(peer, compositor.buffer().address(), 1 + input.nextShort());
        }
    }

    private void readPeer(Input input) {
        int peer = files.peer(input.next());
        if (peer >= 0) {
            long unused = Posix.read(peer, compositor.buffer().address(), 1 + input.nextShort());
        }
    }
}
