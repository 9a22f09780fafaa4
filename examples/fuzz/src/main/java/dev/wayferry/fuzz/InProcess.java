package dev.wayferry.fuzz;

import dev.wayferry.bridge.MemoryAllocator;
import dev.wayferry.posix.Epoll;
import dev.wayferry.proxy.crossdomain.CrossDomainFactory;
import dev.wayferry.proxy.gpu.GpuDevice;
import dev.wayferry.proxy.gpu.GuestBlobFiles;
import dev.wayferry.proxy.gpu.GuestShm;
import dev.wayferry.proxy.log.GuestLog;
import dev.wayferry.proxy.loop.EventLoop;
import dev.wayferry.proxy.memory.GuestMemory;
import dev.wayferry.proxy.memory.GuestRegion;
import dev.wayferry.proxy.queue.QueueException;
import dev.wayferry.proxy.stats.Counter;
import dev.wayferry.proxy.stats.Counters;
import dev.wayferry.wire.crossdomain.CrossDomain;
import dev.wayferry.wire.gpu.VirtioGpu;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * A session's device and loop, put together as the host process does, but with each turn of the loop taken here: so that
 * what comes of an input is the same each time, as far as connections and files are not made on other threads, and so that
 * an exception on the loop is one here.
 */
final class InProcess implements Host {
    private static final long WINDOW = 1L << 24;
    private static final int WIDTH = 640;
    private static final int HEIGHT = 480;

    private final Arena arena = Arena.ofShared();
    private final Counters counters = new Counters();
    private final Vmm vmm = new Vmm(WINDOW);
    private final GuestBlobFiles guestBlobs;
    private final EventLoop loop;
    private final CrossDomainFactory contexts;
    private final GpuDevice device;
    private final GuestRegion region;

    /**
     * @param path where the compositor listens, and every other server
     * @param guestShm what becomes of guest blobs that are sent
     */
    InProcess(Path path, Driver driver, GuestShm guestShm) throws IOException {
        GuestLog log = GuestLog.silent();
        loop = new EventLoop("fuzz", _ -> {});
        contexts = new CrossDomainFactory(
                new CrossDomainFactory.Settings(
                        "fuzz", () -> path,
                        Map.of(CrossDomain.CHANNEL_TYPE_PIPEWIRE, path.toString(),
                                CrossDomain.CHANNEL_TYPE_X11, path.toString()),
                        FuzzLimits.LOW, false, MemoryAllocator.memfd()),
                loop, log, counters, arena);
        guestBlobs = GuestBlobFiles.open(guestShm);
        device = new GpuDevice(
                "fuzz", loop::post, log, vmm, vmm, WINDOW, FuzzLimits.LOW, null, WIDTH, HEIGHT, guestBlobs, contexts,
                counters);
        region = GuestRegion.map(0, Driver.RAM_SIZE, 0x7f00_0000_0000L, driver.file().duplicate(), 0);
        device.useMemory(GuestMemory.of(List.of(region)));
        EventLoop.Registration unused = loop.register(driver.kickFd(), Epoll.EPOLLIN | Epoll.EPOLLET, _ -> {
            device.kick(VirtioGpu.CONTROLQ);
            device.kick(VirtioGpu.CURSORQ);
        });
    }

    /** Where the device has the guest's memory mapped. */
    long memoryAddress() {
        return region.memory().address();
    }

    @Override
    public void start(Driver driver) throws IOException {
        startAt(driver, 0, 0);
    }

    private void startAt(Driver driver, int control, int cursor) throws IOException {
        try {
            device.startQueue(VirtioGpu.CONTROLQ, driver.controlLayout(), driver.callFd(), control, null);
            device.startQueue(VirtioGpu.CURSORQ, driver.cursorLayout(), driver.callFd(), cursor, null);
        } catch (QueueException e) {
            throw new IOException(e);
        }
    }

    @Override
    public void pause(Driver driver) throws IOException {
        int control = device.stopQueue(VirtioGpu.CONTROLQ);
        int cursor = device.stopQueue(VirtioGpu.CURSORQ);
        turn();
        startAt(driver, control, cursor);
    }

    @Override
    public void reset() throws IOException {
        device.reset();
        turn();
    }

    @Override
    public void turn() throws IOException {
        loop.turnHere(device);
    }

    @Override
    public void failMaps(boolean fail) {
        vmm.fails(fail);
    }

    @Override
    public void check() {
        String fatal = vmm.fatal();
        if (fatal != null) {
            throw new Finding(Finding.Kind.CRASH, "a VMM would have ended itself: " + fatal);
        }
        for (Counter counter : List.of(Counter.CONTEXTS, Counter.PARKED_POLLS, Counter.HELD, Counter.HANDOFF)) {
            if (counters.get(counter) != 0) {
                throw new Finding(Finding.Kind.CRASH, counter + " is " + counters.get(counter) + " and should be 0");
            }
        }
    }

    @Override
    public void close() {
        device.close();
        loop.endHere();
        contexts.close();
        guestBlobs.close();
        region.close();
        arena.close();
    }
}
