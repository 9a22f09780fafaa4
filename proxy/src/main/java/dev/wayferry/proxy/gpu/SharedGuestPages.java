package dev.wayferry.proxy.gpu;

import dev.wayferry.bridge.PageFiles;
import dev.wayferry.bridge.Udmabuf;
import dev.wayferry.posix.Memory;
import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.PosixException;
import dev.wayferry.proxy.memory.GuestMemory;
import dev.wayferry.proxy.memory.GuestRegion;
import dev.wayferry.proxy.memory.RegionFile;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Guest blobs without a copy: a file over the blob's pages, which are pages of the memory files that the VMM gave. */
final class SharedGuestPages implements GuestBlobFiles {
    private final PageFiles pageFiles;

    /** A run of pages of a region; {@code offset} and {@code size} in bytes, within the region. */
    record Run(GuestRegion region, long offset, long size) {}

    /** Takes ownership of {@code pageFiles}. */
    SharedGuestPages(PageFiles pageFiles) {
        this.pageFiles = pageFiles;
    }

    @Override
    public Plan plan(GuestMemory memory, long[] backing, long size) throws IOException {
        long rounded = Memory.roundUpToPage(size);
        if (rounded <= 0 || rounded > pageFiles.sizeLimit()) {
            throw new IOException(String.format(
                    "%d bytes, /dev/udmabuf takes %d at most (module parameter udmabuf.size_limit_mb)",
                    size, pageFiles.sizeLimit()));
        }
        List<Run> runs = runs(memory, backing, rounded);
        if (runs.size() > pageFiles.listLimit()) {
            throw new IOException(String.format(
                    "%d pieces of guest memory, /dev/udmabuf takes %d at most (module parameter udmabuf.list_limit)",
                    runs.size(), pageFiles.listLimit()));
        }
        Set<GuestRegion> regions = new HashSet<>();
        for (Run run : runs) {
            if (regions.add(run.region())) {
                String wrong = refusal(run.region());
                if (wrong != null) {
                    throw new IOException(wrong);
                }
            }
        }
        return new Plan(source(runs, regions), regions);
    }

    /**
     * The runs of pages that the backing's first {@code size} bytes are, adjacent ones merged.
     *
     * @param size a whole number of pages
     */
    static List<Run> runs(GuestMemory memory, long[] backing, long size) throws IOException {
        List<Run> runs = new ArrayList<>();
        long left = size;
        for (int i = 0; i < backing.length && left > 0; i += 2) {
            long address = backing[i];
            long length = Math.min(backing[i + 1], left);
            GuestRegion region = memory.regionAt(address);
            if (region == null || length > region.end() - address) {
                throw new IOException(String.format(
                        "entry %d addr 0x%x length %d lies outside guest memory %s", i / 2, address, length, memory));
            }
            long offset = address - region.start();
            if ((offset | length) % Memory.PAGE_SIZE != 0) {
                throw new IOException(String.format(
                        "entry %d addr 0x%x length %d is not whole pages of %d bytes",
                        i / 2, address, length, Memory.PAGE_SIZE));
            }
            left -= length;
            Run last = runs.isEmpty() ? null : runs.getLast();
            if (last != null && last.region() == region && last.offset() + last.size() == offset) {
                runs.set(runs.size() - 1, new Run(region, last.offset(), last.size() + length));
            } else if (length > 0) {
                runs.add(new Run(region, offset, length));
            }
        }
        if (left > 0) {
            throw new IOException(String.format("its entries are %d bytes, %d too few", size - left, left));
        }
        return runs;
    }

    /** The source has descriptors of its own, as the VMM may take a region away before its turn comes. */
    private BlobSource source(List<Run> runs, Set<GuestRegion> regions) throws PosixException {
        Map<GuestRegion, OwnedFd> files = new HashMap<>();
        try {
            for (GuestRegion region : regions) {
                RegionFile file = region.file();
                if (file != null) {
                    files.put(region, file.descriptor().duplicate());
                }
            }
        } catch (PosixException e) {
            files.values().forEach(OwnedFd::close);
            throw e;
        }
        return () -> {
            try {
                List<PageFiles.Piece> pieces = new ArrayList<>(runs.size());
                for (Run run : runs) {
                    OwnedFd descriptor = files.get(run.region());
                    RegionFile file = run.region().file();
                    if (descriptor != null && file != null) {
                        pieces.add(new PageFiles.Piece(
                                descriptor.number(), file.offset() + run.offset(), run.size()));
                    }
                }
                return pageFiles.create(pieces);
            } finally {
                files.values().forEach(OwnedFd::close);
            }
        };
    }

    @Override
    public @Nullable String refusal(GuestRegion region) {
        RegionFile file = region.file();
        if (file == null) {
            return "guest memory " + region + " is no file";
        }
        if (Udmabuf.accepts(file.seals())) {
            return null;
        }
        String what = "guest memory " + region + " is the file " + file.name() + ", ";
        if (file.seals() < 0) {
            return what + "which is no memfd (QEMU: -object memory-backend-memfd,share=on)";
        }
        return what + String.format("whose seals are 0x%x: it has to be sealed against shrinking, and not against writing"
                + " (QEMU: -object memory-backend-memfd,share=on, of which seal=on is the default)", file.seals());
    }

    @Override
    public String description() {
        return String.format("shared with the compositor by /dev/udmabuf, each of %d pieces and %d MiB at most",
                pageFiles.listLimit(), pageFiles.sizeLimit() >> 20);
    }

    @Override
    public void close() {
        pageFiles.close();
    }
}
