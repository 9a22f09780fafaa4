package dev.wayferry.proxy.gpu;

import dev.wayferry.proxy.log.GuestLog;
import dev.wayferry.proxy.memory.GuestMemory;
import dev.wayferry.proxy.memory.GuestRegion;
import dev.wayferry.proxy.queue.DescriptorChain;
import dev.wayferry.proxy.queue.QueueException;
import dev.wayferry.proxy.queue.QueueLayout;
import dev.wayferry.proxy.queue.SplitQueue;
import dev.wayferry.wire.crossdomain.CrossDomain;
import dev.wayferry.wire.crossdomain.CrossDomainHeader;
import dev.wayferry.wire.crossdomain.CrossDomainSendReceive;
import dev.wayferry.wire.gpu.CmdSubmit;
import dev.wayferry.wire.gpu.CtrlHeader;
import dev.wayferry.wire.gpu.VirtioGpu;
import dev.wayferry.wire.virtqueue.DriverQueue;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** A SEND in guest memory: its fixed part is copied once, and every field read by the flyweights. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class DecodeBench {
    private static final int QUEUE_SIZE = 16;
    private static final long COMMAND = 1 << 16;
    private static final long RESPONSE = 1 << 17;
    private static final int DATA = 64;

    /** Files that the SEND names. */
    @Param({"0", "1", "28"})
    public int identifiers;

    private final MemorySegment memory = Arena.ofAuto().allocate(1 << 18, 4096);
    private final GpuRequest request = new GpuRequest(new Responses());
    private final CmdSubmit submit = new CmdSubmit();
    private final CrossDomainHeader command = new CrossDomainHeader();
    private final CrossDomainSendReceive send = new CrossDomainSendReceive();

    @SuppressWarnings("NullAway.Init")
    private DescriptorChain chain;

    @Setup
    public void write() throws QueueException {
        int size = CrossDomainSendReceive.LENGTH + DATA;
        new CtrlHeader().wrap(memory, COMMAND).type(VirtioGpu.CMD_SUBMIT_3D).ctxId(1);
        new CmdSubmit().wrap(memory, COMMAND).size(size);
        new CrossDomainHeader().wrap(memory, COMMAND + CmdSubmit.LENGTH).cmd(CrossDomain.CMD_SEND).cmdSize(size);
        CrossDomainSendReceive written = new CrossDomainSendReceive()
                .wrap(memory, COMMAND + CmdSubmit.LENGTH)
                .numIdentifiers(identifiers)
                .opaqueDataSize(DATA);
        for (int i = 0; i < identifiers; i++) {
            written.identifiers(i, 2 + i).identifierTypes(i, CrossDomain.ID_TYPE_VIRTGPU_BLOB);
        }
        DriverQueue driver = new DriverQueue(memory, 0, QUEUE_SIZE, true);
        driver.beginChain();
        driver.addBuffer(COMMAND, CmdSubmit.LENGTH + size, false);
        driver.addBuffer(RESPONSE, CtrlHeader.LENGTH, true);
        int unused = driver.endChain();
        if (!driver.publish()) {
            throw new IllegalStateException("the device sleeps");
        }
        GuestMemory map = GuestMemory.of(List.of(GuestRegion.of(0, 1L << 40, Arena.ofAuto(), memory)));
        QueueLayout layout = new QueueLayout(
                QUEUE_SIZE, driver.descriptorTable(), driver.availRing(), driver.usedRing(), true, true);
        DescriptorChain taken = new SplitQueue("bench", new GuestLog("bench"), layout, map, -1, 0).take();
        if (taken == null) {
            throw new IllegalStateException("nothing is taken");
        }
        chain = taken;
    }

    /** Both. */
    @Benchmark
    public int copyAndRead() {
        return copy() ? read() : 0;
    }

    /** The copy alone. */
    @Benchmark
    public boolean copy() {
        return request.take(chain);
    }

    private int read() {
        CtrlHeader header = request.header();
        int sum = header.type() + header.flags() + header.ctxId() + (int) header.fenceId() + header.ringIdx();
        MemorySegment fixed = request.fixed();
        sum += submit.wrap(fixed, 0).size();
        command.wrap(fixed, CmdSubmit.LENGTH);
        sum += command.cmd() + command.cmdSize();
        send.wrap(fixed, CmdSubmit.LENGTH);
        int count = send.numIdentifiers();
        sum += send.opaqueDataSize();
        for (int i = 0; i < count; i++) {
            sum += send.identifiers(i) + send.identifierTypes(i);
        }
        return sum;
    }
}
