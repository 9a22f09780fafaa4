package dev.wayferry.proxy.crossdomain;

import dev.wayferry.posix.Epoll;
import dev.wayferry.posix.Errno;
import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.Posix;
import dev.wayferry.posix.PosixException;
import dev.wayferry.proxy.loop.EventLoop;
import dev.wayferry.wire.crossdomain.CrossDomain;
import dev.wayferry.wire.crossdomain.CrossDomainReadWrite;
import java.lang.foreign.MemorySegment;

/** A pipe that the compositor's side writes to and the guest reads: its bytes go into READs. */
final class ReadPipe implements ReadSource {
    private static final int INTEREST = Epoll.EPOLLIN | Epoll.EPOLLRDHUP | Epoll.EPOLLET;

    /**
     * Bytes of one READ for sommelier, though the page has room for twice as many. It takes in one READ a turn, but needs two
     * turns to pass on 4096 bytes; what comes faster fills a pipe of its own, and then it waits for itself for ever.
     */
    private static final int SOMMELIERS_ROOM = 2048;

    /** Linux names a context after the program that makes it, unless that program has given it another name. */
    private static final String SOMMELIER = "sommelier";

    private final int id;
    private final OwnedFd pipe;
    private final int room;
    private final EventLoop.Registration registration;
    private boolean readable;
    private boolean hangUp;

    /**
     * Takes ownership of the read end {@code pipe}.
     *
     * @param room bytes of one READ
     * @param ready run when there is something to read
     */
    ReadPipe(int id, OwnedFd pipe, int room, EventLoop loop, Runnable ready) throws PosixException {
        this.id = id;
        this.pipe = pipe;
        this.room = room;
        PosixException.check(Posix.setNonBlocking(pipe.number(), true), "fcntl of a pipe");
        this.registration = loop.register(pipe.number(), INTEREST, events -> {
            readable = true;
            hangUp |= (events & (Epoll.EPOLLHUP | Epoll.EPOLLERR)) != 0;
            ready.run();
        });
    }

    /** How many bytes go into one READ of the context of this name. */
    static int roomFor(String context) {
        return context.contains(SOMMELIER) ? SOMMELIERS_ROOM : CrossDomain.MAX_READ_DATA;
    }

    @Override
    public int id() {
        return id;
    }

    @Override
    public boolean isReadable() {
        return readable;
    }

    /** Another write end of this pipe, which is the caller's. */
    OwnedFd newWriteEnd() throws PosixException {
        return OwnedFd.of(Posix.open("/proc/self/fd/" + pipe.number(), Posix.O_WRONLY), "reopening a pipe");
    }

    @Override
    public Outcome receive(MemorySegment page, CrossDomainReadWrite header) {
        long count = Posix.read(pipe.number(), page.address() + CrossDomainReadWrite.LENGTH, room);
        if (count == -Errno.EAGAIN || count == -Errno.EINTR) {
            readable = count == -Errno.EINTR;
            return Outcome.NOTHING;
        }
        boolean last = count <= 0;
        // A short read has emptied the pipe; what comes later is a new edge. After a hang-up there is no further edge.
        readable = !last && (hangUp || count == room);
        header.wrap(page, 0).identifier(id).hangUp(last ? 1 : 0).opaqueDataSize(Math.max(0, (int) count));
        return last ? Outcome.LAST_MESSAGE : Outcome.MESSAGE;
    }

    @Override
    public void close(Closer closer) {
        registration.cancel();
        pipe.close();
    }
}
