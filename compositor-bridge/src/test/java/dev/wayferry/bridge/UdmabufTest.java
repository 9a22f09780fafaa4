package dev.wayferry.bridge;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wayferry.posix.Errno;
import dev.wayferry.posix.Memory;
import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.Posix;
import dev.wayferry.posix.PosixException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The kernel's /dev/udmabuf, which is there where the tests of this tag are run. */
@Tag("udmabuf")
class UdmabufTest {
    private static final long PAGE = Memory.PAGE_SIZE;
    private static final int RW = Memory.PROT_READ | Memory.PROT_WRITE;

    private static OwnedFd memfd(int pages) throws PosixException {
        return OwnedFd.of(Memory.sealedMemfd("pieces", pages * PAGE), "memfd");
    }

    private static Udmabuf.Piece piece(OwnedFd file, int page, int pages) {
        return new Udmabuf.Piece(file.number(), page * PAGE, pages * PAGE);
    }

    private static long openFiles() throws IOException {
        try (Stream<Path> entries = Files.list(Path.of("/proc/self/fd"))) {
            return entries.count();
        }
    }

    @Test
    void putsPiecesOfSeveralFilesOneAfterTheOther() throws IOException {
        try (Udmabuf udmabuf = Udmabuf.open();
                OwnedFd one = memfd(4);
                OwnedFd two = memfd(2);
                Arena arena = Arena.ofConfined()) {
            MemorySegment ofOne = Memory.map(one.number(), 0, 4 * PAGE, RW, arena);
            MemorySegment ofTwo = Memory.map(two.number(), 0, 2 * PAGE, RW, arena);
            for (int page = 0; page < 4; page++) {
                ofOne.set(ValueLayout.JAVA_INT, page * PAGE, 100 + page);
            }
            ofTwo.set(ValueLayout.JAVA_INT, PAGE, 201);
            List<Udmabuf.Piece> pieces = List.of(piece(one, 3, 1), piece(two, 1, 1), piece(one, 0, 2));
            try (OwnedFd dmaBuf = udmabuf.create(pieces)) {
                MemorySegment all = Memory.map(dmaBuf.number(), 0, 4 * PAGE, RW, arena);
                int[] found = new int[4];
                for (int page = 0; page < found.length; page++) {
                    found[page] = all.get(ValueLayout.JAVA_INT, page * PAGE);
                }
                assertEquals(List.of(103, 201, 100, 101), List.of(found[0], found[1], found[2], found[3]));
            }
        }
    }

    @Test
    void sharesThePagesBothWays() throws IOException {
        try (Udmabuf udmabuf = Udmabuf.open();
                OwnedFd file = memfd(2);
                OwnedFd dmaBuf = udmabuf.create(List.of(piece(file, 0, 2)));
                Arena arena = Arena.ofConfined()) {
            MemorySegment ofFile = Memory.map(file.number(), 0, 2 * PAGE, RW, arena);
            MemorySegment ofDmaBuf = Memory.map(dmaBuf.number(), 0, 2 * PAGE, RW, arena);
            ofFile.set(ValueLayout.JAVA_INT, PAGE, 1);
            assertEquals(1, ofDmaBuf.get(ValueLayout.JAVA_INT, PAGE));
            ofDmaBuf.set(ValueLayout.JAVA_INT, 0, 2);
            assertEquals(2, ofFile.get(ValueLayout.JAVA_INT, 0));
        }
    }

    @Test
    void isADmaBufThatCanBeWrittenAndKeepsItsPagesWithoutTheFile() throws IOException {
        try (Udmabuf udmabuf = Udmabuf.open();
                Arena arena = Arena.ofConfined()) {
            OwnedFd file = memfd(3);
            try (OwnedFd dmaBuf = udmabuf.create(List.of(piece(file, 0, 3)))) {
                file.close();
                FileClassifier classifier = new FileClassifier(arena);
                assertEquals(FileKind.DMA_BUF, classifier.classify(dmaBuf.number()));
                assertEquals(3 * PAGE, classifier.size());
                assertEquals(Posix.O_RDWR, Posix.statusFlags(dmaBuf.number()) & Posix.O_ACCMODE);
                MemorySegment bytes = Memory.map(dmaBuf.number(), 0, 3 * PAGE, RW, arena);
                bytes.set(ValueLayout.JAVA_INT, 0, 7);
                assertEquals(7, bytes.get(ValueLayout.JAVA_INT, 0));
            }
        }
    }

    @Test
    void refusesAFileThatCanShrinkOrCanNotBeWritten() throws IOException {
        try (Udmabuf udmabuf = Udmabuf.open();
                OwnedFd unsealed = OwnedFd.of(Memory.memfdCreate("unsealed"), "memfd")) {
            assertEquals(0, Memory.ftruncate(unsealed.number(), PAGE));
            assertFalse(Udmabuf.accepts(Memory.seals(unsealed.number())));
            assertErrno(Errno.EINVAL, udmabuf, List.of(piece(unsealed, 0, 1)));

            assertEquals(0, Memory.addSeals(unsealed.number(), Memory.F_SEAL_SHRINK));
            assertTrue(Udmabuf.accepts(Memory.seals(unsealed.number())));
            udmabuf.create(List.of(piece(unsealed, 0, 1))).close();

            try (OwnedFd readOnly = OwnedFd.of(Memory.memfdCreate("read-only"), "memfd")) {
                assertEquals(0, Memory.ftruncate(readOnly.number(), PAGE));
                assertEquals(0, Memory.addSeals(readOnly.number(), Memory.F_SEAL_SHRINK | Memory.F_SEAL_WRITE));
                assertFalse(Udmabuf.accepts(Memory.seals(readOnly.number())));
                assertErrno(Errno.EINVAL, udmabuf, List.of(piece(readOnly, 0, 1)));
            }
        }
    }

    @Test
    void refusesPiecesThatAreNoWholePagesOrLieOutside() throws IOException {
        try (Udmabuf udmabuf = Udmabuf.open();
                OwnedFd file = memfd(2)) {
            assertErrno(Errno.EINVAL, udmabuf, List.of(new Udmabuf.Piece(file.number(), 1, PAGE)));
            assertErrno(Errno.EINVAL, udmabuf, List.of(new Udmabuf.Piece(file.number(), 0, PAGE + 1)));
            assertErrno(Errno.EINVAL, udmabuf, List.of(piece(file, 1, 2)));
            assertThrows(IOException.class, () -> udmabuf.create(List.of()));
        }
    }

    @Test
    void refusesWhatIsAboveTheLimitsItTells() throws IOException {
        try (Udmabuf udmabuf = Udmabuf.open();
                OwnedFd file = memfd(1)) {
            List<Udmabuf.Piece> most = Collections.nCopies(udmabuf.listLimit(), piece(file, 0, 1));
            udmabuf.create(most).close();
            List<Udmabuf.Piece> tooMany = new ArrayList<>(most);
            tooMany.add(piece(file, 0, 1));
            assertErrno(Errno.EINVAL, udmabuf, tooMany);

            long limit = udmabuf.sizeLimit();
            assertTrue(limit >= 1 << 20, () -> "limit " + limit);
            try (OwnedFd large = OwnedFd.of(Memory.sealedMemfd("large", limit + PAGE), "memfd")) {
                udmabuf.create(List.of(new Udmabuf.Piece(large.number(), 0, limit))).close();
                assertErrno(Errno.EINVAL, udmabuf, List.of(new Udmabuf.Piece(large.number(), 0, limit + PAGE)));
            }
        }
    }

    @Test
    void leavesNoDescriptorOpen() throws IOException {
        try (OwnedFd file = memfd(1)) {
            long before = openFiles();
            try (Udmabuf udmabuf = Udmabuf.open()) {
                udmabuf.create(List.of(piece(file, 0, 1))).close();
                assertErrno(Errno.EINVAL, udmabuf, List.of(piece(file, 0, 2)));
                assertEquals(before + 1, openFiles(), "the device");
            }
            assertEquals(before, openFiles());
        }
    }

    private static void assertErrno(int errno, Udmabuf udmabuf, List<Udmabuf.Piece> pieces) {
        PosixException e = assertThrows(PosixException.class, () -> udmabuf.create(pieces).close());
        assertEquals(errno, e.errno(), e.getMessage());
    }
}
