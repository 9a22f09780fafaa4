package dev.wayferry.bridge.mirror;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import dev.wayferry.posix.Iovecs;
import dev.wayferry.posix.Memory;
import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.PosixException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What a surface remembers. */
class SurfaceTest {
    private static final GuestPages NOTHING = new GuestPages() {
        @Override
        public long size() {
            return Memory.PAGE_SIZE;
        }

        @Override
        public long addTo(Iovecs iovecs, long offset, long length) {
            return 0;
        }
    };

    @Test
    void aCommitWalksNoMoreBuffersHoweverManyTheSurfaceShowed() throws PosixException {
        Pool pool = new Pool(OwnedFd.of(Memory.sealedMemfd("pool", Memory.PAGE_SIZE), "memfd"), NOTHING);
        Surface surface = new Surface();
        List<Buffer> buffers = new ArrayList<>();
        for (int i = 0; i < 1000; i++) {
            Buffer buffer = new Buffer(pool, 0, 1, 1, 4, 0);
            buffers.add(buffer);
            surface.attach(buffer);
            assertSame(buffer, surface.commit());
        }
        int[] walked = IntStream.range(0, buffers.size()).filter(i -> buffers.get(i).surface() == surface).toArray();
        assertArrayEquals(IntStream.range(1000 - 32, 1000).toArray(), walked, "the ones shown last");
        buffers.forEach(Buffer::drop);
        pool.drop();
    }
}
