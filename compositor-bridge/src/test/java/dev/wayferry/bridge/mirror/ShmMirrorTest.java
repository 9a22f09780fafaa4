package dev.wayferry.bridge.mirror;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wayferry.bridge.Budget;
import dev.wayferry.posix.Iovecs;
import dev.wayferry.posix.Memory;
import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.Posix;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the mirror copies and when, and what it refuses. Messages are written out here, not by the product's tables. */
class ShmMirrorTest {
    private static final int PAGE = Memory.PAGE_SIZE;
    private static final int SIZE = 16 * PAGE;
    private static final int ROWS = 64;
    private static final int STRIDE = 256;
    private static final int OBJECTS = 1000;

    private static final int REGISTRY = 2;
    private static final int SHM = 3;
    private static final int COMPOSITOR = 4;
    private static final int SURFACE = 5;
    private static final int POOL = 6;
    private static final int BUFFER = 7;

    private final Arena arena = Arena.ofConfined();

    /** The guest's pages lie backwards. */
    private final MemorySegment guest = arena.allocate(SIZE, PAGE);

    private final GuestPages pages = new GuestPages() {
        @Override
        public long size() {
            return SIZE;
        }

        @Override
        public long addTo(Iovecs iovecs, long offset, long length) {
            long added = 0;
            while (added < length) {
                long at = offset + added;
                long part = Math.min(length - added, PAGE - at % PAGE);
                if (!iovecs.add(guest.address() + place(at), part)) {
                    break;
                }
                added += part;
            }
            return added;
        }
    };

    private final Budget budget = new Budget(OBJECTS, 4);
    private final ShmMirror mirror = new ShmMirror(new Iovecs(4, arena), budget);
    private OwnedFd file = new OwnedFd(0);
    private long openBefore;

    private static long place(long at) {
        return (SIZE / PAGE - 1 - at / PAGE) * PAGE + at % PAGE;
    }

    private static long openFiles() throws IOException {
        try (Stream<Path> entries = Files.list(Path.of("/proc/self/fd"))) {
            return entries.count();
        }
    }

    @BeforeEach
    void open() throws IOException {
        openBefore = openFiles();
        file = OwnedFd.of(Memory.sealedMemfd("mirror", SIZE), "memfd");
    }

    @AfterEach
    void close() throws IOException {
        for (int fd : mirror.takeFiles()) {
            Posix.close(fd);
        }
        mirror.close();
        file.close();
        arena.close();
        assertEquals(openBefore, openFiles(), "descriptors are left open");
    }

    // ---- messages

    private static byte[] message(int object, int opcode, int... words) {
        int size = 8 + 4 * words.length;
        ByteBuffer bytes = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putInt(object).putInt(size << 16 | opcode);
        for (int word : words) {
            bytes.putInt(word);
        }
        return bytes.array();
    }

    private static byte[] bind(String name, int id) {
        int padded = (name.length() + 4) & -4;
        int size = 8 + 4 + 4 + padded + 8;
        ByteBuffer bytes = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putInt(REGISTRY).putInt(size << 16).putInt(1).putInt(name.length() + 1);
        bytes.put(name.getBytes(StandardCharsets.US_ASCII)).position(16 + padded);
        return bytes.putInt(1).putInt(id).array();
    }

    private static byte[] join(byte[]... parts) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            all.writeBytes(part);
        }
        return all.toByteArray();
    }

    private static byte[] setUp() {
        return join(message(1, 1, REGISTRY), bind("wl_shm", SHM), bind("wl_compositor", COMPOSITOR),
                message(COMPOSITOR, 0, SURFACE));
    }

    private static byte[] createPool(int id, int size) {
        return message(SHM, 0, id, size);
    }

    /** A buffer of {@link #ROWS} rows at {@code offset}, ARGB8888. */
    private static byte[] createBuffer(int id, int offset) {
        return message(POOL, 0, id, offset, STRIDE / 4, ROWS, STRIDE, 0);
    }

    private static byte[] attach(int buffer) {
        return message(SURFACE, 1, buffer, 0, 0);
    }

    private static byte[] damageBuffer(int y, int height) {
        return message(SURFACE, 9, 0, y, STRIDE / 4, height);
    }

    private static byte[] commit() {
        return message(SURFACE, 6);
    }

    /** Accepts bytes that all go on. */
    private void accept(byte[]... parts) throws RefusedException {
        byte[] bytes = join(parts);
        mirror.accept(bytes);
        assertArrayEquals(bytes, mirror.messages());
        for (int fd : mirror.takeFiles()) {
            Posix.close(fd);
        }
    }

    private String refused(byte[]... parts) {
        return String.valueOf(assertThrows(RefusedException.class, () -> mirror.accept(join(parts))).getMessage());
    }

    /** A pool of all the guest's memory with a buffer at 0, shown once. */
    private void shown() throws RefusedException {
        mirror.addMemory(file.number(), pages);
        accept(setUp(), createPool(POOL, SIZE), createBuffer(BUFFER, 0), attach(BUFFER), commit());
    }

    // ---- memory

    private void draw(int row, int value) {
        guest.set(ValueLayout.JAVA_BYTE, place((long) row * STRIDE), (byte) value);
    }

    private int seen(int row) {
        MemorySegment one = arena.allocate(1);
        assertEquals(1, Posix.pread(file.number(), one, (long) row * STRIDE));
        return one.get(ValueLayout.JAVA_BYTE, 0);
    }

    // ---- what is copied

    @Test
    void copiesTheWholeBufferWhenItIsShownForTheFirstTime() throws RefusedException {
        for (int row = 0; row < ROWS; row++) {
            draw(row, row);
        }
        shown();
        for (int row = 0; row < ROWS; row++) {
            assertEquals(row, seen(row), "row " + row);
        }
        assertEquals(ROWS * STRIDE, mirror.copied());
    }

    @Test
    void copiesDamageAtTheCommitAndNotBefore() throws RefusedException {
        shown();
        draw(10, 1);
        accept(attach(BUFFER), damageBuffer(10, 1));
        assertEquals(0, seen(10));
        accept(commit());
        assertEquals(1, seen(10));
    }

    @Test
    void copiesTheDamagedRowsAlone() throws RefusedException {
        shown();
        long before = mirror.copied();
        draw(10, 1);
        draw(20, 1);
        accept(attach(BUFFER), damageBuffer(10, 2), commit());
        assertEquals(1, seen(10));
        assertEquals(0, seen(20));
        assertEquals(2 * STRIDE, mirror.copied() - before);
    }

    @Test
    void bringsABufferUpToDateWithWhatWasDamagedWhileAnotherWasShown() throws RefusedException {
        int other = 8;
        shown();
        int first = SIZE / 2 / STRIDE;
        accept(createBuffer(other, SIZE / 2), attach(other), damageBuffer(0, ROWS), commit());
        draw(3, 1);
        draw(first + 30, 1);
        accept(attach(other), damageBuffer(30, 1), commit());
        assertEquals(1, seen(first + 30));
        draw(30, 1);
        accept(attach(BUFFER), damageBuffer(3, 1), commit());
        assertEquals(1, seen(3));
        assertEquals(1, seen(30), "it was damaged while the other was shown");
    }

    @Test
    void copiesAllOfABufferThatComesAgainAfterTooManyOthers() throws RefusedException {
        shown();
        for (int i = 0; i < Surface.MAX_SHOWN; i++) {
            accept(createBuffer(100 + i, SIZE / 2), attach(100 + i), commit());
        }
        draw(30, 1);
        draw(40, 1);
        accept(attach(100), damageBuffer(30, 1), commit());
        long before = mirror.copied();
        accept(attach(BUFFER), damageBuffer(3, 1), commit());
        assertEquals(1, seen(30), "it was damaged while the buffer was let go");
        assertEquals(1, seen(40));
        assertEquals(ROWS * STRIDE, mirror.copied() - before);
    }

    @Test
    void keepsAnAccountOfABufferThatIsShownInBetween() throws RefusedException {
        shown();
        for (int i = 0; i < 2 * Surface.MAX_SHOWN; i++) {
            accept(createBuffer(100 + i, SIZE / 2), attach(100 + i), damageBuffer(0, 1), commit());
            long before = mirror.copied();
            accept(attach(BUFFER), damageBuffer(3, 1), commit());
            assertEquals(4 * STRIDE, mirror.copied() - before, "rows 0 and 3, and what lies between");
        }
    }

    @Test
    void countsDamageOfTheSurfaceInItsScale() throws RefusedException {
        shown();
        accept(message(SURFACE, 8, 2), attach(BUFFER), commit());
        draw(20, 1);
        draw(21, 1);
        draw(22, 1);
        accept(attach(BUFFER), message(SURFACE, 2, 0, 10, 5, 1), commit());
        assertEquals(1, seen(20));
        assertEquals(1, seen(21));
        assertEquals(0, seen(22));
    }

    @Test
    void copiesAllWhereATransformOrAViewportLiesBetween() throws RefusedException {
        shown();
        accept(message(SURFACE, 7, 1), attach(BUFFER), commit());
        draw(50, 1);
        accept(attach(BUFFER), message(SURFACE, 2, 0, 0, 1, 1), commit());
        assertEquals(1, seen(50));
    }

    @Test
    void copiesAllWhereAViewportLiesBetween() throws RefusedException {
        shown();
        accept(bind("wp_viewporter", 20), message(20, 1, 21, SURFACE), attach(BUFFER), commit());
        draw(50, 1);
        accept(attach(BUFFER), message(SURFACE, 2, 0, 0, 1, 1), commit());
        assertEquals(1, seen(50));
    }

    @Test
    void copiesUpToThePoolsEndWhereFurtherPlanesMayLie() throws RefusedException {
        int nv12 = 'N' | 'V' << 8 | '1' << 16 | '2' << 24;
        mirror.addMemory(file.number(), pages);
        draw(SIZE / STRIDE - 1, 1);
        accept(setUp(), createPool(POOL, SIZE), message(POOL, 0, BUFFER, 0, STRIDE, 16, STRIDE, nv12), attach(BUFFER),
                damageBuffer(0, 1), commit());
        assertEquals(1, seen(SIZE / STRIDE - 1));
    }

    @Test
    void copiesNoMoreThanThereIsWhateverTheGuestClaims() throws RefusedException {
        mirror.addMemory(file.number(), pages);
        accept(setUp(), createPool(POOL, SIZE));
        int[][] lies = {
            {0, 1 << 30, 1 << 30, 1 << 30}, {-4096, 64, 64, 256}, {Integer.MAX_VALUE, 1, 1, Integer.MAX_VALUE},
            {0, -1, -1, -1}, {Integer.MIN_VALUE, 64, Integer.MAX_VALUE, Integer.MAX_VALUE}
        };
        int id = 30;
        for (int[] lie : lies) {
            long before = mirror.copied();
            accept(message(POOL, 0, id, lie[0], lie[1], lie[2], lie[3], 0), attach(id),
                    damageBuffer(Integer.MIN_VALUE, Integer.MAX_VALUE), damageBuffer(5, -7),
                    damageBuffer(0, Integer.MAX_VALUE), commit());
            assertTrue(mirror.copied() - before <= SIZE);
            id++;
        }
    }

    @Test
    void copiesNothingOfABufferThatIsDestroyed() throws RefusedException {
        shown();
        draw(1, 1);
        accept(message(BUFFER, 0), damageBuffer(0, ROWS), commit());
        assertEquals(0, seen(1));
    }

    @Test
    void keepsThePoolsFileForItsBuffers() throws RefusedException {
        shown();
        accept(message(POOL, 1));
        draw(1, 1);
        accept(attach(BUFFER), damageBuffer(1, 1), commit());
        assertEquals(1, seen(1));
    }

    // ---- messages in pieces

    @Test
    void takesMessagesSplitAnywhereAndSendsOnlyWholeOnes() throws RefusedException {
        byte[] all = join(setUp(), createPool(POOL, SIZE), createBuffer(BUFFER, 0), attach(BUFFER), commit());
        draw(5, 5);
        mirror.addMemory(file.number(), pages);
        ByteArrayOutputStream sent = new ByteArrayOutputStream();
        int files = 0;
        for (int i = 0; i < all.length; i++) {
            mirror.accept(Arrays.copyOfRange(all, i, i + 1));
            sent.writeBytes(mirror.messages());
            for (int fd : mirror.takeFiles()) {
                assertTrue(sent.size() > 0, "a file goes with the first whole message");
                files++;
                Posix.close(fd);
            }
        }
        assertArrayEquals(all, sent.toByteArray());
        assertEquals(1, files);
        assertEquals(0, mirror.heldBytes());
        assertEquals(5, seen(5));
    }

    @Test
    void keepsAFileUntilItsMessageIsWhole() throws RefusedException {
        accept(setUp());
        byte[] create = createPool(POOL, SIZE);
        mirror.addMemory(file.number(), pages);
        mirror.accept(Arrays.copyOf(create, 10));
        assertEquals(0, mirror.messages().length);
        assertEquals(0, mirror.takeFiles().length);
        assertEquals(1, mirror.heldFiles());
        mirror.accept(Arrays.copyOfRange(create, 10, create.length));
        assertArrayEquals(create, mirror.messages());
        assertEquals(1, mirror.heldFiles());
    }

    @Test
    void keepsNothingOfMessagesThatHaveGoneOn() throws RefusedException {
        mirror.accept(setUp());
        assertTrue(mirror.messages().length > 0);
        mirror.passedOn();
        assertEquals(0, mirror.messages().length);
        assertEquals(0, mirror.heldBytes());
    }

    @Test
    void takesAFileThatComesBeforeItsMessage() throws RefusedException {
        mirror.addMemory(file.number(), pages);
        accept(setUp());
        accept(createPool(POOL, SIZE), createBuffer(BUFFER, 0));
        draw(1, 1);
        accept(attach(BUFFER), commit());
        assertEquals(1, seen(1));
    }

    @Test
    void refusesMessagesThatAreNone() {
        assertTrue(refused(new byte[] {1, 0, 0, 0, 0, 0, 4, 0}).contains("size 4"));
    }

    @Test
    void refusesMoreFilesThanGoWithOneMessage() throws RefusedException {
        for (int i = 0; i < ShmMirror.MAX_FILES; i++) {
            mirror.addFile(file.number());
        }
        assertNotNull(assertThrows(RefusedException.class, () -> mirror.addFile(file.number())).getMessage());
    }

    // ---- what passes, and what is refused

    @Test
    void letsMemoryOfTheHostPassAndMirrorsTheRest() throws RefusedException {
        mirror.addMemory(file.number(), null);
        mirror.addFile(file.number());
        mirror.addMemory(file.number(), pages);
        accept(setUp(), createPool(20, 4096), createPool(POOL, SIZE), createBuffer(BUFFER, 0));
        draw(1, 1);
        accept(attach(BUFFER), commit());
        assertEquals(1, seen(1));
    }

    @Test
    void doesNotTakeMemoryOfAnUnknownRequestForAPoolsMuchLater() throws RefusedException {
        mirror.addMemory(file.number(), null);
        accept(setUp(), message(99, 0), message(99, 0, new int[8000]), message(99, 0, new int[9000]));
        mirror.addMemory(file.number(), pages);
        accept(createPool(POOL, SIZE), createBuffer(BUFFER, 0));
        draw(1, 1);
        accept(attach(BUFFER), commit());
        assertEquals(1, seen(1));
    }

    @Test
    void refusesGuestMemoryThatNoPoolTakes() throws RefusedException {
        mirror.addMemory(file.number(), pages);
        accept(setUp(), message(99, 0), message(99, 0, new int[8000]));
        assertTrue(refused(message(99, 0, new int[9000])).contains("other than wl_shm.create_pool"));
    }

    @Test
    void refusesGuestMemoryAsADmaBuf() throws RefusedException {
        mirror.addMemory(file.number(), pages);
        assertTrue(refused(setUp(), bind("zwp_linux_dmabuf_v1", 20), message(20, 1, 21), message(21, 1, 0, 0, 0, 0, 0))
                .contains("zwp_linux_buffer_params_v1.add"));
    }

    @Test
    void refusesGuestMemoryAsAKeymap() throws RefusedException {
        mirror.addMemory(file.number(), pages);
        assertTrue(refused(setUp(), bind("zwp_virtual_keyboard_manager_v1", 20), message(20, 0, 9, 21),
                message(21, 0, 1, 100)).contains("zwp_virtual_keyboard_v1.keymap"));
    }

    @Test
    void takesAHostsKeymapForNoPool() throws RefusedException {
        mirror.addMemory(file.number(), null);
        mirror.addMemory(file.number(), pages);
        accept(setUp(), bind("zwp_virtual_keyboard_manager_v1", 20), message(20, 0, 9, 21), message(21, 0, 1, 100),
                createPool(POOL, SIZE), createBuffer(BUFFER, 0));
        draw(1, 1);
        accept(attach(BUFFER), commit());
        assertEquals(1, seen(1));
    }

    @Test
    void refusesMemoryThatPilesUp() throws RefusedException {
        for (int i = 0; i < PendingFiles.MAX_PENDING; i++) {
            mirror.addMemory(file.number(), pages);
            accept(message(99, 0));
        }
        assertNotNull(assertThrows(RefusedException.class, () -> mirror.addMemory(file.number(), pages)).getMessage());
    }

    @Test
    void refusesBuffersThatTheCompositorWouldWriteInto() throws RefusedException {
        shown();
        String refusal = refused(bind("zwlr_screencopy_manager_v1", 20), bind("wl_output", 21),
                message(20, 0, 22, 0, 21), message(22, 0, BUFFER));
        assertTrue(refusal.contains("zwlr_screencopy_frame_v1.copy"), refusal);
    }

    @Test
    void refusesAPoolThatIsLargerThanItsMemory() throws RefusedException {
        mirror.addMemory(file.number(), pages);
        assertTrue(refused(setUp(), createPool(POOL, SIZE + 1)).contains(SIZE + 1 + " bytes in a guest blob of " + SIZE));
    }

    @Test
    void letsAPoolGrowWithinItsMemoryAndNoFurther() throws RefusedException {
        mirror.addMemory(file.number(), pages);
        accept(setUp(), createPool(POOL, PAGE), message(POOL, 2, SIZE), createBuffer(BUFFER, SIZE - ROWS * STRIDE));
        draw(SIZE / STRIDE - 1, 1);
        accept(attach(BUFFER), commit());
        assertEquals(1, seen(SIZE / STRIDE - 1));
        assertTrue(refused(message(POOL, 2, SIZE + 1)).contains("wl_shm_pool.resize"));
    }

    @Test
    void takesAnObjectsNumberForWhatItStandsForNow() throws RefusedException {
        shown();
        // The surface's number becomes a region's, whose request 6 would be a commit of the surface.
        accept(message(SURFACE, 0), message(COMPOSITOR, 1, SURFACE));
        draw(1, 1);
        accept(message(SURFACE, 6));
        assertEquals(0, seen(1));
    }

    @Test
    void forgetsARegistryThatWlFixesDestroys() throws RefusedException {
        shown();
        // The number becomes another object's, whose request 0 is no wl_registry.bind.
        accept(bind("wl_fixes", 20), message(20, 1, REGISTRY), message(REGISTRY, 0, 1));
        draw(1, 1);
        accept(attach(BUFFER), damageBuffer(1, 1), commit());
        assertEquals(1, seen(1));
    }

    @Test
    void endsNoConnectionForANumberWhoseObjectANewerVersionDestroyed() throws RefusedException {
        shown();
        // wl_compositor.release, of version 7; then the number is that of an object whose request 0 has no argument.
        accept(message(COMPOSITOR, 2), message(COMPOSITOR, 0));
        draw(1, 1);
        accept(attach(BUFFER), damageBuffer(1, 1), commit());
        assertEquals(1, seen(1));
    }

    @Test
    void copiesABufferOnceHoweverOftenOneSendCommitsIt() throws RefusedException {
        shown();
        long before = mirror.copied();
        byte[] all = {};
        for (int i = 0; i < 100; i++) {
            all = join(all, attach(BUFFER), damageBuffer(0, ROWS), commit());
        }
        accept(all);
        assertEquals(ROWS * STRIDE, mirror.copied() - before);
    }

    @Test
    void copiesNothingOfABufferThatIsLargerThanOneSendMayCommit() throws RefusedException {
        int size = (int) Requests.MAX_AT_ONCE + STRIDE;
        mirror.addMemory(file.number(), new GuestPages() {
            @Override
            public long size() {
                return size;
            }

            @Override
            public long addTo(Iovecs iovecs, long offset, long length) {
                throw new AssertionError(length + " bytes from " + offset + " would be copied");
            }
        });
        accept(setUp(), createPool(POOL, size), message(POOL, 0, BUFFER, 0, STRIDE / 4, size / STRIDE, STRIDE, 0));
        assertTrue(refused(attach(BUFFER), commit()).contains("one SEND commits more than"));
    }

    @Test
    void copiesWhatIsDestroyedRightAfterItsCommit() throws RefusedException {
        shown();
        draw(3, 1);
        accept(attach(BUFFER), damageBuffer(3, 1), commit(), message(BUFFER, 0));
        assertEquals(1, seen(3));
    }

    @Test
    void leavesToOthersAFifthOfWhatMayBeFollowedAndGivesBackAllWhenItEnds() throws RefusedException {
        accept(setUp());
        String refusal = "";
        for (int i = 0; refusal.isEmpty() && i < OBJECTS; i++) {
            try {
                mirror.accept(message(COMPOSITOR, 0, 100 + i));
            } catch (RefusedException e) {
                refusal = String.valueOf(e.getMessage());
            }
        }
        assertTrue(refusal.contains("800 objects"), refusal);
        assertTrue(budget.hasRoom(0, 100));
        mirror.close();
        assertTrue(budget.hasRoom(0, 800), "all of them again");
    }
}
