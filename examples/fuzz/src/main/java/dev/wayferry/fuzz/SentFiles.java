package dev.wayferry.fuzz;

import dev.wayferry.posix.Memory;
import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.Posix;
import dev.wayferry.posix.PosixException;
import dev.wayferry.posix.Sockets;
import java.util.ArrayList;
import java.util.List;

/** Files of all kinds, to be sent to the host process, and their other ends. They are closed with this. */
final class SentFiles implements AutoCloseable {
    private static final int MOST = 64;
    private static final int O_PATH = 0x20_0000;

    static final int KINDS = 20;

    private final List<OwnedFd> toSend = new ArrayList<>();
    private final List<OwnedFd> peers = new ArrayList<>();

    /** A descriptor of that kind, which stays this object's; -1 when there are too many already. */
    int make(int kind, int size) throws PosixException {
        if (toSend.size() >= MOST) {
            return -1;
        }
        OwnedFd file = switch (kind % KINDS) {
            case 0 -> memory(4096L * (1 + size % 16), 0);
            case 1 -> memory(size, 0);
            case 2 -> memory(4096L * (1 + size % 16), Memory.F_SEAL_SHRINK | Memory.F_SEAL_GROW);
            case 3 -> memory(4096, Memory.F_SEAL_SHRINK | Memory.F_SEAL_WRITE | Memory.F_SEAL_SEAL);
            case 4 -> memory(5L << 30, 0);
            case 5 -> memory(0, 0);
            case 6 -> pipe(true);
            case 7 -> pipe(false);
            case 8 -> OwnedFd.of(Posix.eventfd(), "eventfd");
            case 9 -> OwnedFd.of(Posix.eventfd(Posix.EFD_SEMAPHORE), "eventfd");
            case 10 -> socket(Sockets.pair());
            case 11 -> socket(Sockets.seqpacketPair());
            case 12 -> open("/dev/null", Posix.O_RDWR);
            case 13 -> open("/", Posix.O_RDONLY);
            case 14 -> open("/", O_PATH);
            case 15 -> open("/proc/self/ns/mnt", Posix.O_RDONLY);
            case 16 -> readOnlyMemory();
            case 17 -> open("/proc/self/maps", Posix.O_RDONLY);
            case 18 -> open("/dev/zero", Posix.O_RDWR);
            default -> duplicate(size);
        };
        toSend.add(file);
        return file.number();
    }

    private static OwnedFd memory(long size, int seals) throws PosixException {
        OwnedFd file = OwnedFd.of(Memory.memfdCreate("fuzz"), "memfd");
        int unused = Memory.ftruncate(file.number(), size);
        int unusedToo = seals == 0 ? 0 : Memory.addSeals(file.number(), seals);
        return file;
    }

    private static OwnedFd readOnlyMemory() throws PosixException {
        try (OwnedFd file = memory(8192, 0)) {
            return open("/proc/self/fd/" + file.number(), Posix.O_RDONLY);
        }
    }

    private static OwnedFd open(String path, int flags) throws PosixException {
        return OwnedFd.of(Posix.open(path, flags), path);
    }

    private OwnedFd pipe(boolean sendsReadEnd) throws PosixException {
        long ends = PosixException.check(Posix.pipe(), "pipe");
        int readEnd = Posix.readEnd(ends);
        int writeEnd = Posix.writeEnd(ends);
        int unused = Posix.setNonBlocking(sendsReadEnd ? writeEnd : readEnd, true);
        peers.add(new OwnedFd(sendsReadEnd ? writeEnd : readEnd));
        return new OwnedFd(sendsReadEnd ? readEnd : writeEnd);
    }

    private OwnedFd socket(OwnedFd[] pair) {
        int unused = Posix.setNonBlocking(pair[0].number(), true);
        peers.add(pair[0]);
        return pair[1];
    }

    private OwnedFd duplicate(int which) throws PosixException {
        return toSend.isEmpty() ? open("/dev/null", Posix.O_RDWR) : toSend.get(which % toSend.size()).duplicate();
    }

    /** Changes the size of a file that was sent before. */
    void resize(int which, long size) {
        if (!toSend.isEmpty()) {
            int unused = Memory.ftruncate(toSend.get(which % toSend.size()).number(), size & (1L << 33) - 1);
        }
    }

    /** Takes ownership of a file, to be used as the other end of something; it does not block. */
    void adopt(int fd) {
        OwnedFd file = new OwnedFd(fd);
        if (peers.size() >= MOST) {
            file.close();
        } else {
            peers.add(file);
        }
    }

    /** An other end, or -1 when there is none. */
    int peer(int which) {
        return peers.isEmpty() ? -1 : peers.get(which % peers.size()).number();
    }

    void closePeer(int which) {
        if (!peers.isEmpty()) {
            peers.remove(which % peers.size()).close();
        }
    }

    /** Closes the descriptors that were sent; the receiver has its own. */
    void closeSent() {
        toSend.forEach(OwnedFd::close);
        toSend.clear();
    }

    @Override
    public void close() {
        closeSent();
        peers.forEach(OwnedFd::close);
        peers.clear();
    }
}
