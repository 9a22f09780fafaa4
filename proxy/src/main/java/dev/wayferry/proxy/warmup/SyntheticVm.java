package dev.wayferry.proxy.warmup;

import dev.wayferry.bridge.MemoryAllocator;
import dev.wayferry.posix.Epoll;
import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.Posix;
import dev.wayferry.posix.PosixException;
import dev.wayferry.posix.SocketMessage;
import dev.wayferry.posix.Sockets;
import dev.wayferry.proxy.crossdomain.CrossDomainFactory;
import dev.wayferry.proxy.gpu.GpuContext;
import dev.wayferry.proxy.gpu.GpuDevice;
import dev.wayferry.proxy.gpu.GuestBlobFiles;
import dev.wayferry.proxy.gpu.GuestShm;
import dev.wayferry.proxy.limit.Limits;
import dev.wayferry.proxy.log.GuestLog;
import dev.wayferry.proxy.loop.EventLoop;
import dev.wayferry.proxy.memory.GuestMemory;
import dev.wayferry.proxy.memory.GuestRegion;
import dev.wayferry.proxy.queue.QueueException;
import dev.wayferry.proxy.stats.Counters;
import dev.wayferry.wire.gpu.VirtioGpu;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.UnaryOperator;

/**
 * A VM without a VMM: a device with its loop, as each session has them, a {@link SyntheticGuest} in memory of this process,
 * and for each of its contexts a server that gives back what it is sent. All of it takes turns on one thread, its user's, so
 * that nobody waits to be woken.
 */
public final class SyntheticVm implements AutoCloseable {
    private static final int QUEUE_SIZE = 256;
    private static final long WINDOW = 1 << 20;
    private static final int PAGE = 4096;

    private final Arena arena = Arena.ofShared();
    private final List<OwnedFd> descriptors = new ArrayList<>();
    private final List<OwnedFd> servers = new ArrayList<>();
    private final MemorySegment buffer = arena.allocate(PAGE);
    private final SocketMessage files = new SocketMessage(1, arena);
    private final OwnedFd kick;
    private final OwnedFd call;
    private final EventLoop loop;
    private final CrossDomainFactory contexts;
    private final GpuDevice device;
    private final SyntheticGuest guest;

    /**
     * A VM whose queue runs.
     *
     * @param name for the device
     * @param most contexts that it may have
     * @param wrap what the device is given in place of its kind of contexts
     */
    public SyntheticVm(String name, int most, UnaryOperator<GpuContext.Factory> wrap) throws IOException {
        GuestLog log = GuestLog.silent();
        Counters counters = new Counters();
        kick = eventfd();
        call = eventfd();
        MemorySegment memory = arena.allocate(SyntheticGuest.memorySize(QUEUE_SIZE, most), PAGE);
        loop = new EventLoop(name, _ -> {});
        contexts = new CrossDomainFactory(
                new CrossDomainFactory.Settings(
                        name, SyntheticVm::noDisplay, Map.of(), Limits.USUAL, false, MemoryAllocator.memfd()),
                loop, log, counters, arena);
        device = new GpuDevice(
                name, loop::post, log, NoVmm.INSTANCE, NoVmm.INSTANCE, WINDOW, Limits.USUAL, null, PAGE, PAGE,
                GuestBlobFiles.open(GuestShm.REFUSE), wrap.apply(contexts), counters);
        guest = new SyntheticGuest(memory, QUEUE_SIZE, kick.number(), call.number(), this::turn);
        // The arena is ours: the region is not closed.
        device.useMemory(GuestMemory.of(List.of(GuestRegion.of(0, 0, arena, memory))));
        try {
            device.startQueue(VirtioGpu.CONTROLQ, guest.layout(), call.number(), 0, null);
        } catch (QueueException e) {
            throw new IOException(e);
        }
        EventLoop.Registration unused = loop.register(
                kick.number(), Epoll.EPOLLIN | Epoll.EPOLLET, _ -> device.kick(VirtioGpu.CONTROLQ));
    }

    private void turn() throws IOException {
        loop.turnHere(device);
    }

    private OwnedFd eventfd() throws PosixException {
        OwnedFd fd = OwnedFd.of(Posix.eventfd(), "eventfd");
        descriptors.add(fd);
        return fd;
    }

    private static Path noDisplay() throws IOException {
        throw new IOException("there is no display");
    }

    /** Opens a context, whose number is the one of those before it plus one. */
    public void open() throws IOException {
        OwnedFd[] pair = Sockets.pair();
        servers.add(pair[0]);
        connect(servers.size() - 1, pair);
    }

    /** Ends a context and opens another one in its place. */
    void reopen(int context) throws IOException {
        guest.destroy(context);
        servers.get(context).close();
        OwnedFd[] pair = Sockets.pair();
        servers.set(context, pair[0]);
        connect(context, pair);
    }

    private void connect(int context, OwnedFd[] pair) throws IOException {
        UUID uuid = new UUID(0, context);
        contexts.offer(uuid, pair[1]);
        guest.create(context);
        guest.init(context, uuid);
        guest.await(0);
    }

    /** Each of the first {@code count} contexts sends, and receives what it sent. */
    public void sync(int count) throws IOException {
        for (int i = 0; i < count; i++) {
            guest.poll(i);
            guest.send(i);
        }
        guest.kick();
        turn();
        for (int i = 0; i < count; i++) {
            int server = servers.get(i).number();
            long length = Posix.read(server, buffer);
            if (length <= 0 || Posix.write(server, buffer.address(), length) != length) {
                throw new IOException("context " + i + " has ended: " + length);
            }
        }
        guest.await(0);
    }

    /** A context gets a pipe from its server and writes {@code count} times to it, then hands one out and reads it. */
    void usePipes(int context, int count) throws IOException {
        OwnedFd server = servers.get(context);
        long ends = PosixException.check(Posix.pipe(), "pipe2");
        try (OwnedFd readEnd = new OwnedFd(Posix.readEnd(ends)); OwnedFd writeEnd = new OwnedFd(Posix.writeEnd(ends))) {
            files.clear().addBuffer(buffer.address(), 1);
            boolean unused = files.addFd(writeEnd.number());
            PosixException.check(files.send(server.number()), "sendmsg with a pipe");
            guest.poll(context);
            guest.await(0);
            guest.write(context, count);
            guest.await(0);
            PosixException.check(Posix.read(readEnd.number(), buffer), "read of a pipe");
            guest.hangUp(context);
            guest.await(0);
        }
        guest.sendPipe(context);
        guest.await(0);
        files.clear().addBuffer(buffer.address(), buffer.byteSize());
        PosixException.check(files.receive(server.number()), "recvmsg with a pipe");
        if (files.fdCount() != 1) {
            throw new IOException(files.fdCount() + " descriptors came in place of a pipe");
        }
        try (OwnedFd writeEnd = new OwnedFd(files.fd(0))) {
            for (int i = 0; i < count; i++) {
                PosixException.check(Posix.write(writeEnd.number(), buffer.address(), 1), "write to a pipe");
                guest.poll(context);
                guest.await(0);
            }
        }
        // Its end.
        guest.poll(context);
        guest.await(0);
    }

    /** A context asks how an image would lie. */
    public void queryImage(int context) throws IOException {
        guest.queryImage(context);
        guest.await(0);
    }

    /** Ends a context. */
    public void destroy(int context) throws IOException {
        guest.destroy(context);
    }

    @Override
    public void close() {
        device.close();
        loop.endHere();
        contexts.close();
        servers.forEach(OwnedFd::close);
        descriptors.forEach(OwnedFd::close);
        guest.close();
        arena.close();
    }
}
