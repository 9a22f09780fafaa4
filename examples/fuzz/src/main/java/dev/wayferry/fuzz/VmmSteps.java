package dev.wayferry.fuzz;

import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.PosixException;
import dev.wayferry.posix.Sockets;
import dev.wayferry.proxy.queue.QueueLayout;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/** What every VMM does with a back-end. Numbers are written out; they are those of vhost-user.rst. */
final class VmmSteps {
    /** Where a VMM has its guest's memory mapped. */
    static final long USER_BASE = 0x7f00_0000_0000L;

    private static final int GET_FEATURES = 1;
    private static final int SET_FEATURES = 2;
    private static final int SET_VRING_NUM = 8;
    private static final int SET_VRING_ADDR = 9;
    private static final int SET_VRING_BASE = 10;
    private static final int GET_VRING_BASE = 11;
    private static final int SET_VRING_KICK = 12;
    private static final int SET_VRING_CALL = 13;
    private static final int SET_PROTOCOL_FEATURES = 16;
    private static final int SET_VRING_ENABLE = 18;
    private static final int SET_BACKEND_REQ_FD = 21;
    private static final int ADD_MEM_REG = 37;

    /** MQ, REPLY_ACK, BACKEND_REQ, CONFIG, BACKEND_SEND_FD, CONFIGURE_MEM_SLOTS, SHARED_OBJECT, SHMEM. */
    private static final long USUAL_PROTOCOL =
            1L << 0 | 1L << 3 | 1L << 5 | 1L << 9 | 1L << 10 | 1L << 15 | 1L << 18 | 1L << 22;

    private static final long OTHER_PROTOCOL = 0x8004_ffffL;

    /** VERSION_1, the protocol features, EVENT_IDX, INDIRECT_DESC and those of the GPU. */
    private static final long USUAL_FEATURES = 1L << 32 | 1L << 30 | 1L << 29 | 1L << 28 | 0x1f;

    private VmmSteps() {}

    /** Negotiates, the usual by a choice of 0; returns a back-channel, the caller's, if that is part of it. */
    static @Nullable VmmSocket negotiate(VmmSocket socket, int choice) throws PosixException {
        socket.send(GET_FEATURES, false, 0);
        socket.payload().set(Commands.LONG, 0, (choice & 4) == 0 ? USUAL_PROTOCOL : OTHER_PROTOCOL);
        socket.send(SET_PROTOCOL_FEATURES, false, 8);
        socket.payload().set(Commands.LONG, 0, (choice & 8) == 0 ? USUAL_FEATURES : 0);
        socket.send(SET_FEATURES, true, 8);
        if ((choice & 16) != 0) {
            return null;
        }
        OwnedFd[] pair = Sockets.pair();
        try (OwnedFd theirs = pair[1]) {
            socket.add(theirs.number());
            socket.send(SET_BACKEND_REQ_FD, true, 0);
        }
        return new VmmSocket(pair[0]);
    }

    /** Tells of the guest's memory. */
    static void memory(VmmSocket socket, Driver driver) {
        region(socket.payload(), 8, 0, Driver.RAM_SIZE, USER_BASE, 0);
        socket.add(driver.file().number());
        socket.send(ADD_MEM_REG, true, 40);
    }

    /** Puts a region into a payload. */
    static void region(MemorySegment payload, long at, long guest, long size, long user, long offset) {
        payload.set(Commands.LONG, at, guest);
        payload.set(Commands.LONG, at + 8, size);
        payload.set(Commands.LONG, at + 16, user);
        payload.set(Commands.LONG, at + 24, offset);
    }

    /** Starts a ring. */
    static void ring(VmmSocket socket, Driver driver, int index, int base) {
        state(socket, SET_VRING_NUM, index, index == 0 ? Driver.QUEUE_SIZE : Driver.CURSOR_QUEUE_SIZE);
        state(socket, SET_VRING_BASE, index, base);
        QueueLayout layout = index == 0 ? driver.controlLayout() : driver.cursorLayout();
        MemorySegment payload = socket.payload();
        payload.set(Commands.INT, 0, index);
        payload.set(Commands.LONG, 8, USER_BASE + layout.descriptors());
        payload.set(Commands.LONG, 16, USER_BASE + layout.used());
        payload.set(Commands.LONG, 24, USER_BASE + layout.available());
        socket.send(SET_VRING_ADDR, false, 40);
        for (int request = SET_VRING_KICK; request <= SET_VRING_CALL; request++) {
            socket.payload().set(Commands.LONG, 0, index);
            socket.add(request == SET_VRING_KICK ? driver.kickFd() : driver.callFd());
            socket.send(request, true, 8);
        }
        state(socket, SET_VRING_ENABLE, index, 1);
    }

    /** Stops a ring. */
    static void stop(VmmSocket socket, int index) {
        state(socket, GET_VRING_BASE, index, 0);
    }

    private static void state(VmmSocket socket, int request, int index, int num) {
        MemorySegment payload = socket.payload();
        payload.set(Commands.INT, 0, index);
        payload.set(Commands.INT, 4, num);
        socket.send(request, true, 8);
    }
}
