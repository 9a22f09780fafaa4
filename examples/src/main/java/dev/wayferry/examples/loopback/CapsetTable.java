package dev.wayferry.examples.loopback;

import dev.wayferry.posix.Errno;
import dev.wayferry.posix.PosixException;
import dev.wayferry.wire.gpu.CtrlHeader;
import dev.wayferry.wire.gpu.DisplayOne;
import dev.wayferry.wire.gpu.GetCapset;
import dev.wayferry.wire.gpu.GetCapsetInfo;
import dev.wayferry.wire.gpu.GetEdid;
import dev.wayferry.wire.gpu.RespCapsetInfo;
import dev.wayferry.wire.gpu.RespEdid;
import dev.wayferry.wire.gpu.VirtioGpu;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The device's capsets, asked for once, as Linux's {@code virtgpu_kms.c} does when it probes. */
final class CapsetTable {
    private static final int MAX_CAPSET_ID = 63;
    private static final ValueLayout.OfInt LE_INT =
            ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private record Capset(int maxVersion, int maxSize) {}

    private record Key(int id, int version) {}

    private final LoopbackDriver driver;
    private final Map<Integer, Capset> capsets = new LinkedHashMap<>();
    private final Map<Key, byte[]> cache = new HashMap<>();

    private CapsetTable(LoopbackDriver driver) {
        this.driver = driver;
    }

    /** Asks for everything that Linux asks for, displays included. */
    static CapsetTable probe(LoopbackDriver driver) throws IOException {
        CapsetTable table = new CapsetTable(driver);
        // Read several times, as each field by itself.
        int numScanouts = driver.vmm().readConfig().get(LE_INT, VirtioGpu.CONFIG_NUM_SCANOUTS_OFFSET);
        int numCapsets = driver.vmm().readConfig().get(LE_INT, VirtioGpu.CONFIG_NUM_CAPSETS_OFFSET);
        for (int i = 0; i < numCapsets; i++) {
            if (!table.ask(i)) {
                // Linux throws the whole table away.
                driver.vmm().violation("capset " + i + " of " + numCapsets + " has no valid number");
                table.capsets.clear();
                break;
            }
        }
        for (int i = 0; i < Math.min(numScanouts, VirtioGpu.MAX_SCANOUTS); i++) {
            if (driver.has(VirtioGpu.VIRTIO_GPU_F_EDID)) {
                byte[] request = request(VirtioGpu.CMD_GET_EDID, GetEdid.LENGTH);
                new GetEdid().wrap(MemorySegment.ofArray(request), 0).scanout(i);
                driver.command(request, RespEdid.LENGTH);
            }
        }
        if (numScanouts > 0) {
            driver.command(
                    request(VirtioGpu.CMD_GET_DISPLAY_INFO, CtrlHeader.LENGTH),
                    CtrlHeader.LENGTH + VirtioGpu.MAX_SCANOUTS * DisplayOne.LENGTH);
        }
        return table;
    }

    private boolean ask(int index) throws IOException {
        byte[] request = request(VirtioGpu.CMD_GET_CAPSET_INFO, GetCapsetInfo.LENGTH);
        new GetCapsetInfo().wrap(MemorySegment.ofArray(request), 0).capsetIndex(index);
        byte[] answer = driver.command(request, RespCapsetInfo.LENGTH);
        if (answer.length < RespCapsetInfo.LENGTH) {
            return false;
        }
        RespCapsetInfo info = new RespCapsetInfo().wrap(MemorySegment.ofArray(answer), 0);
        int id = info.capsetId();
        if (id <= 0 || id > MAX_CAPSET_ID) {
            return false;
        }
        capsets.put(id, new Capset(info.capsetMaxVersion(), info.capsetMaxSize()));
        return true;
    }

    boolean has(int id) {
        return capsets.containsKey(id);
    }

    /** At most {@code length} bytes of the capset; zeros where the device answered an error, as on Linux. */
    synchronized byte[] capset(int id, int version, int length) throws IOException {
        Capset capset = capsets.get(id);
        if (capset == null || version > capset.maxVersion) {
            throw new PosixException("capset " + id + " version " + version, Errno.EINVAL);
        }
        Key key = new Key(id, version);
        byte @Nullable [] data = cache.get(key);
        if (data == null) {
            byte[] request = request(VirtioGpu.CMD_GET_CAPSET, GetCapset.LENGTH);
            new GetCapset().wrap(MemorySegment.ofArray(request), 0).capsetId(id).capsetVersion(version);
            int full = CtrlHeader.LENGTH + capset.maxSize;
            byte[] answer = Arrays.copyOf(driver.command(request, full), full);
            data = Arrays.copyOfRange(answer, CtrlHeader.LENGTH, full);
            cache.put(key, data);
        }
        return Arrays.copyOf(data, Math.min(length, data.length));
    }

    private static byte[] request(int type, int length) {
        byte[] request = new byte[length];
        new CtrlHeader().wrap(MemorySegment.ofArray(request), 0).type(type);
        return request;
    }
}
