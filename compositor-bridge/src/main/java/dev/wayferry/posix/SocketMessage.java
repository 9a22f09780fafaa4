package dev.wayferry.posix;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * One message on an AF_UNIX socket, bytes and descriptors, in a reusable {@code struct msghdr}.
 *
 * <p>Sending: {@link #clear}, add buffers and descriptors, {@link #send}. The descriptors stay the sender's, and stay in
 * the message when the call fails, so that a retry after {@code -EAGAIN} takes them along. Receiving: {@link #clear}, add
 * buffers, {@link #receive}; descriptors that came belong to the caller.
 *
 * <p>Sending never raises SIGPIPE, and neither call blocks unless told to.
 */
public final class SocketMessage {
    /** The most descriptors that one message can carry ({@code SCM_MAX_FD} of Linux). */
    public static final int SCM_MAX_FD = 253;

    private static final int SOL_SOCKET = 1;
    private static final int SCM_RIGHTS = 1;
    private static final int MSG_CTRUNC = 0x8;
    private static final int MSG_TRUNC = 0x20;
    private static final int MSG_DONTWAIT = 0x40;
    private static final int MSG_NOSIGNAL = 0x4000;
    private static final int MSG_CMSG_CLOEXEC = 0x40000000;

    private static final long MSGHDR_SIZE = 56;
    private static final long MSG_IOV_OFFSET = 16;
    private static final long MSG_IOVLEN_OFFSET = 24;
    private static final long MSG_CONTROL_OFFSET = 32;
    private static final long MSG_CONTROLLEN_OFFSET = 40;
    private static final long MSG_FLAGS_OFFSET = 48;

    private static final long CMSG_LEN_OFFSET = 0;
    private static final long CMSG_LEVEL_OFFSET = 8;
    private static final long CMSG_TYPE_OFFSET = 12;
    private static final long CMSG_DATA_OFFSET = 16;

    private static final FunctionDescriptor TRANSFER = FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_INT);
    private static final MethodHandle SENDMSG = NativeCall.linkPlain("sendmsg", TRANSFER);
    private static final MethodHandle SENDMSG_ERRNO = NativeCall.link("sendmsg", TRANSFER);
    private static final MethodHandle RECVMSG = NativeCall.linkPlain("recvmsg", TRANSFER);
    private static final MethodHandle RECVMSG_ERRNO = NativeCall.link("recvmsg", TRANSFER);

    private static final long FIONREAD = 0x541b;
    private static final MethodHandle IOCTL = NativeCall.linkPlain(
            "ioctl", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG, ADDRESS), Linker.Option.firstVariadicArg(2));

    private static final long FAILED = -1;

    private final MemorySegment msghdr;
    private final MemorySegment control;
    private final Iovecs iovecs;
    private final int[] fds = new int[SCM_MAX_FD];
    private int fdCount;
    private boolean controlTruncated;
    private boolean truncated;

    /** A message of at most {@code maxBuffers} buffers, living in {@code arena}. */
    public SocketMessage(int maxBuffers, Arena arena) {
        msghdr = arena.allocate(MSGHDR_SIZE, Long.BYTES);
        control = arena.allocate(align(CMSG_DATA_OFFSET + SCM_MAX_FD * (long) Integer.BYTES), Long.BYTES);
        iovecs = new Iovecs(maxBuffers, arena);
        msghdr.set(ADDRESS, MSG_IOV_OFFSET, iovecs.segment());
    }

    /** Forgets buffers and descriptors. Received descriptors belong to the caller from the start and stay open. */
    public SocketMessage clear() {
        iovecs.clear();
        fdCount = 0;
        controlTruncated = false;
        truncated = false;
        return this;
    }

    /** The buffers, for callers that fill them in place. */
    public Iovecs iovecs() {
        return iovecs;
    }

    /** Adds a native buffer of which the caller has checked the bounds; false when there are too many. */
    public boolean addBuffer(long address, long length) {
        return iovecs.add(address, length);
    }

    /** Adds a native segment; false when there are too many. */
    public boolean addBuffer(MemorySegment buffer) {
        return iovecs.add(buffer.address(), buffer.byteSize());
    }

    /** Adds a descriptor to send, which stays the caller's; false when there are {@link #SCM_MAX_FD} already. */
    public boolean addFd(int fd) {
        if (fdCount == SCM_MAX_FD) {
            return false;
        }
        fds[fdCount++] = fd;
        return true;
    }

    /** How many descriptors were added, or came with the last receive. */
    public int fdCount() {
        return fdCount;
    }

    /** The descriptor at {@code index}. */
    public int fd(int index) {
        return fds[index];
    }

    /** Whether the last receive lost descriptors because this process's table is full: the stream is out of step. */
    public boolean controlTruncated() {
        return controlTruncated;
    }

    /** Whether the last receive lost bytes: a message of a SOCK_SEQPACKET socket was longer than the buffers. */
    public boolean truncated() {
        return truncated;
    }

    /** Sends without blocking; the number of bytes taken, or a negative error number. */
    public long send(int socket) {
        return send(socket, MSG_DONTWAIT);
    }

    /** Sends, waiting for room; the number of bytes taken, or a negative error number. */
    public long sendBlocking(int socket) {
        return send(socket, 0);
    }

    private long send(int socket, int flags) {
        if (fdCount > 0) {
            long length = CMSG_DATA_OFFSET + fdCount * (long) Integer.BYTES;
            control.set(JAVA_LONG, CMSG_LEN_OFFSET, length);
            control.set(JAVA_INT, CMSG_LEVEL_OFFSET, SOL_SOCKET);
            control.set(JAVA_INT, CMSG_TYPE_OFFSET, SCM_RIGHTS);
            for (int i = 0; i < fdCount; i++) {
                control.set(JAVA_INT, CMSG_DATA_OFFSET + i * (long) Integer.BYTES, fds[i]);
            }
            msghdr.set(ADDRESS, MSG_CONTROL_OFFSET, control);
            msghdr.set(JAVA_LONG, MSG_CONTROLLEN_OFFSET, align(length));
        } else {
            msghdr.set(ADDRESS, MSG_CONTROL_OFFSET, MemorySegment.NULL);
            msghdr.set(JAVA_LONG, MSG_CONTROLLEN_OFFSET, 0);
        }
        msghdr.set(JAVA_LONG, MSG_IOVLEN_OFFSET, iovecs.count());
        try {
            long result = (long) SENDMSG.invokeExact(socket, msghdr, flags | MSG_NOSIGNAL);
            if (result >= 0) {
                return result;
            }
            MemorySegment capture = NativeCall.capture();
            return NativeCall.result(
                    (long) SENDMSG_ERRNO.invokeExact(capture, socket, msghdr, flags | MSG_NOSIGNAL), capture);
        } catch (Throwable t) {
            throw NativeCall.broken(t);
        }
    }

    /** Receives without blocking: bytes received, 0 at the end of the stream, or a negative error number. */
    public long receive(int socket) {
        return receive(socket, MSG_DONTWAIT, true);
    }

    /** The same from a SOCK_SEQPACKET socket, where a call that fails for want of memory to write to has lost the message. */
    public long receivePacket(int socket) {
        return receive(socket, MSG_DONTWAIT, false);
    }

    /** Receives, waiting for something: bytes received, 0 at the end of the stream, or a negative error number. */
    public long receiveBlocking(int socket) {
        return receive(socket, 0, true);
    }

    private long receive(int socket, int flags, boolean mayBeRepeated) {
        fdCount = 0;
        controlTruncated = false;
        truncated = false;
        msghdr.set(JAVA_LONG, MSG_IOVLEN_OFFSET, iovecs.count());
        msghdr.set(ADDRESS, MSG_CONTROL_OFFSET, control);
        msghdr.set(JAVA_LONG, MSG_CONTROLLEN_OFFSET, control.byteSize());
        long result;
        try {
            result = mayBeRepeated ? (long) RECVMSG.invokeExact(socket, msghdr, flags | MSG_CMSG_CLOEXEC) : FAILED;
            if (result < 0) {
                // The kernel writes msghdr only where it received something.
                MemorySegment capture = NativeCall.capture();
                result = NativeCall.result(
                        (long) RECVMSG_ERRNO.invokeExact(capture, socket, msghdr, flags | MSG_CMSG_CLOEXEC), capture);
            }
        } catch (Throwable t) {
            throw NativeCall.broken(t);
        }
        if (result >= 0) {
            int got = msghdr.get(JAVA_INT, MSG_FLAGS_OFFSET);
            controlTruncated = (got & MSG_CTRUNC) != 0;
            truncated = (got & MSG_TRUNC) != 0;
            collectFds(msghdr.get(JAVA_LONG, MSG_CONTROLLEN_OFFSET));
        }
        return result;
    }

    /**
     * How many bytes wait in a stream socket, or a negative number where that can't be told, as of one that listens. Where
     * nothing is likely to be there this is the cheaper question: a receive that finds nothing is made twice, see
     * {@link NativeCall}. Nothing of the message changes but what {@link #clear} forgets.
     */
    public int unread(int socket) {
        try {
            int result = (int) IOCTL.invokeExact(socket, FIONREAD, control);
            return result < 0 ? result : control.get(JAVA_INT, 0);
        } catch (Throwable t) {
            throw NativeCall.broken(t);
        }
    }

    private void collectFds(long controlLength) {
        long at = 0;
        while (at + CMSG_DATA_OFFSET <= controlLength) {
            long length = control.get(JAVA_LONG, at + CMSG_LEN_OFFSET);
            if (length < CMSG_DATA_OFFSET) {
                return;
            }
            if (control.get(JAVA_INT, at + CMSG_LEVEL_OFFSET) == SOL_SOCKET
                    && control.get(JAVA_INT, at + CMSG_TYPE_OFFSET) == SCM_RIGHTS) {
                long end = at + length;
                for (long fd = at + CMSG_DATA_OFFSET; fd + Integer.BYTES <= end; fd += Integer.BYTES) {
                    fds[fdCount++] = control.get(JAVA_INT, fd);
                }
            }
            at += align(length);
        }
    }

    private static long align(long length) {
        return (length + 7) & -8L;
    }
}
