package dev.wayferry.fuzz;

import dev.wayferry.wire.crossdomain.CrossDomain;
import dev.wayferry.wire.gpu.VirtioGpu;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/**
 * The commands of a guest, put together where {@link Driver#request} says. Offsets are written out here, not taken from the
 * flyweights, as what is to be fuzzed is also how those are used.
 */
final class Commands {
    static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED;
    static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED;
    static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED;
    static final ValueLayout.OfByte BYTE = ValueLayout.JAVA_BYTE;

    private static final int SUBMIT = 32;
    private static final int MOST_IDENTIFIERS = 256;

    private Commands() {}

    /** A command of which there is only the header so far; returns its length, as all of these do. */
    static int header(MemorySegment at, int type, int length, int context) {
        at.asSlice(0, length).fill((byte) 0);
        at.set(INT, 0, type);
        at.set(INT, 16, context);
        return length;
    }

    /** Gives the command a fence, on a ring if that is not negative. */
    static void fence(MemorySegment at, long fence, int ring) {
        at.set(INT, 4, ring < 0 ? VirtioGpu.FLAG_FENCE : VirtioGpu.FLAG_FENCE | VirtioGpu.FLAG_INFO_RING_IDX);
        at.set(LONG, 8, fence);
        at.set(BYTE, 20, (byte) Math.max(ring, 0));
    }

    static int ctxCreate(MemorySegment at, int context, int capset) {
        int length = header(at, VirtioGpu.CMD_CTX_CREATE, 96, context);
        at.set(INT, 24, 4);
        at.set(INT, 28, capset);
        at.set(INT, 32, 0x7a7a7566);
        return length;
    }

    /** A command about a resource. */
    static int resource(MemorySegment at, int type, int resource, int context) {
        int length = header(at, type, 32, context);
        at.set(INT, 24, resource);
        return length;
    }

    static int guestBlob(MemorySegment at, int resource, long size, int entries) {
        int length = header(at, VirtioGpu.CMD_RESOURCE_CREATE_BLOB, 56 + 16 * entries, 0);
        at.set(INT, 24, resource);
        at.set(INT, 28, VirtioGpu.BLOB_MEM_GUEST);
        at.set(INT, 32, VirtioGpu.BLOB_FLAG_USE_MAPPABLE);
        at.set(INT, 36, entries);
        at.set(LONG, 48, size);
        return length;
    }

    /** Entry {@code index} of a guest blob, or of ATTACH_BACKING, whose entries begin at another place. */
    static void entry(MemorySegment at, int begin, int index, long address, int size) {
        at.set(LONG, begin + 16L * index, address);
        at.set(INT, begin + 16L * index + 8, size);
    }

    static int hostBlob(MemorySegment at, int resource, int context, long blobId, long size) {
        int length = header(at, VirtioGpu.CMD_RESOURCE_CREATE_BLOB, 56, context);
        at.set(INT, 24, resource);
        at.set(INT, 28, VirtioGpu.BLOB_MEM_HOST3D);
        at.set(INT, 32, VirtioGpu.BLOB_FLAG_USE_MAPPABLE | VirtioGpu.BLOB_FLAG_USE_SHAREABLE);
        at.set(LONG, 40, blobId);
        at.set(LONG, 48, size);
        return length;
    }

    static int map(MemorySegment at, int resource, long offset) {
        int length = header(at, VirtioGpu.CMD_RESOURCE_MAP_BLOB, 40, 0);
        at.set(INT, 24, resource);
        at.set(LONG, 32, offset);
        return length;
    }

    /** A SUBMIT_3D with a cross-domain command of {@code length} bytes. */
    static int command(MemorySegment at, int context, int cmd, int length) {
        int all = header(at, VirtioGpu.CMD_SUBMIT_3D, SUBMIT + length, context);
        at.set(INT, 24, length);
        at.set(BYTE, SUBMIT, (byte) cmd);
        at.set(SHORT, SUBMIT + 2, (short) length);
        return all;
    }

    /** Where byte {@code offset} of a cross-domain command lies. */
    static long in(long offset) {
        return SUBMIT + offset;
    }

    /** INIT of {@code size} bytes. */
    static int init(MemorySegment at, int context, int size, int queryRing, int channelRing, int channelType) {
        int length = command(at, context, CrossDomain.CMD_INIT, size);
        at.set(INT, in(8), queryRing);
        if (size >= 20) {
            at.set(INT, in(12), channelRing);
            at.set(INT, in(16), channelType);
        } else if (size >= 16) {
            at.set(INT, in(12), channelType);
        }
        return length;
    }

    static int poll(MemorySegment at, int context, long fence) {
        int length = command(at, context, CrossDomain.CMD_POLL, 16);
        fence(at, fence, CrossDomain.CHANNEL_RING);
        return length;
    }

    /** A SEND of {@code data} bytes, in the form with room for 28 or for 4 files. */
    static int send(MemorySegment at, int context, boolean shortForm, int identifiers, int data) {
        int fixed = shortForm ? 64 : 352;
        int length = command(at, context, CrossDomain.CMD_SEND, fixed + data);
        at.set(INT, in(8), identifiers);
        at.set(INT, in(12), data);
        return length;
    }

    static void identifier(MemorySegment at, boolean shortForm, int index, int id, int type) {
        at.set(INT, in(16 + 4L * index), id);
        at.set(INT, in(16 + 4L * ((shortForm ? 4 : 28) + index)), type);
    }

    static long sendData(boolean shortForm) {
        return in(shortForm ? 64 : 352);
    }

    static int write(MemorySegment at, int context, int id, int data, boolean hangUp) {
        int length = command(at, context, CrossDomain.CMD_WRITE, 24 + data);
        at.set(INT, in(8), id);
        at.set(INT, in(12), hangUp ? 1 : 0);
        at.set(INT, in(16), data);
        return length;
    }

    /** The rings of those contexts that inputs know by name lie at fixed places. */
    static long ringAddress(int context, int ring) {
        return Driver.PAGES + 4096L * (2 * (context % (World.CONTEXTS + 1)) + ring);
    }

    static int ringResource(int context, int ring) {
        return 100 + 2 * context + ring;
    }

    /**
     * Adds what the message in a context's rings names, of which there may be so many and no more.
     *
     * @param trusting whether what is in the rings is the host's; if not, it may be anything
     */
    static void findIdentifiers(boolean trusting, MemorySegment ram, int context, List<Integer> identifiers) {
        if (context < 1 || context > World.CONTEXTS) {
            return;
        }
        for (int ring = 0; ring < 2; ring++) {
            long page = ringAddress(context, ring);
            int cmd = ram.get(BYTE, page);
            if (cmd == CrossDomain.CMD_RECEIVE) {
                int count = ram.get(INT, page + 8);
                if (count < 0 || count > CrossDomain.MAX_IDENTIFIERS) {
                    if (!trusting) {
                        continue;
                    }
                    throw new Finding(Finding.Kind.CRASH, "a RECEIVE names " + count + " identifiers");
                }
                for (int i = 0; i < count; i++) {
                    add(identifiers, ram.get(INT, page + 16 + 4L * i));
                }
            }
            int blob = ring == 0 ? ram.get(INT, page + 48) : 0;
            if (blob != 0) {
                add(identifiers, blob);
            }
        }
    }

    private static void add(List<Integer> identifiers, int id) {
        if (identifiers.size() < MOST_IDENTIFIERS && !identifiers.contains(id)) {
            identifiers.add(id);
        }
    }
}
