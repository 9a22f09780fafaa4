package dev.wayferry.proxy;

import static dev.wayferry.proxy.TestFiles.memfd;
import static dev.wayferry.proxy.TestFiles.text;
import static dev.wayferry.proxy.TestVm.assertOk;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wayferry.posix.Epoll;
import dev.wayferry.posix.Memory;
import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.Posix;
import dev.wayferry.posix.PosixException;
import dev.wayferry.proxy.TestCompositor.Connection;
import dev.wayferry.proxy.TestGuest.Message;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Files that no compositor sends, of kinds, numbers and sizes that nobody expects. {@link TestVm} looks for leaks. */
class UnusualFilesTest {
    private static final int MAX_FILES = 253;
    private static final int PIDFD_OPEN = 434;
    private static final int CLOCK_MONOTONIC = 1;
    private static final int BLOB_RESOURCE = 7;

    @TempDir
    Path folder;

    /** Of what no guest has a use for. Linux from 6.8 on lets nobody send an io_uring. */
    enum Kind {
        PIDFD,
        TIMERFD,
        DIRECTORY,
        DIRECTORY_BY_PATH,
        DEV_NULL,
        EPOLL,
        FILE_BY_PATH,
        FILE_FOR_WRITING,
        NAMED_FIFO,
        FIVE_GIB
    }

    private OwnedFd open(Kind kind) throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "contents");
        return switch (kind) {
            case PIDFD -> OwnedFd.of(
                    (int) syscall(PIDFD_OPEN, ProcessHandle.current().pid(), MemorySegment.NULL), "pidfd_open");
            case TIMERFD -> OwnedFd.of(timerfd(), "timerfd_create");
            case DIRECTORY -> OwnedFd.of(Posix.open(folder.toString(), Posix.O_RDONLY), "open");
            case DIRECTORY_BY_PATH -> OwnedFd.of(Posix.open(folder.toString(), Posix.O_PATH), "open");
            case DEV_NULL -> OwnedFd.of(Posix.open("/dev/null", Posix.O_RDWR), "open");
            case EPOLL -> {
                try (Arena arena = Arena.ofConfined(); Epoll epoll = new Epoll(1, arena)) {
                    yield OwnedFd.of(Posix.dup(epoll.fd()), "dup");
                }
            }
            case FILE_BY_PATH -> OwnedFd.of(Posix.open(file.toString(), Posix.O_PATH), "open");
            case FILE_FOR_WRITING -> OwnedFd.of(Posix.open(file.toString(), Posix.O_WRONLY), "open");
            case NAMED_FIFO -> fifo();
            case FIVE_GIB -> memfd("large", 5L << 30);
        };
    }

    /** A FIFO's write end, which nobody reads any more. */
    private OwnedFd fifo() throws IOException {
        Path fifo = folder.resolve("fifo");
        assertEquals(0, new ProcessBuilder("mkfifo", fifo.toString()).inheritIO().start().onExit().join().exitValue());
        try (OwnedFd _ = OwnedFd.of(Posix.open(fifo.toString(), Posix.O_RDWR), "open")) {
            return OwnedFd.of(Posix.open(fifo.toString(), Posix.O_WRONLY), "open");
        }
    }

    private static long syscall(long number, long first, MemorySegment second) {
        MethodHandle syscall = function(
                "syscall",
                FunctionDescriptor.of(
                        ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG, ValueLayout.ADDRESS));
        try {
            return (long) syscall.invokeExact(number, first, second);
        } catch (Throwable t) {
            throw new AssertionError(t);
        }
    }

    private static int timerfd() {
        MethodHandle create = function("timerfd_create",
                FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
        try {
            return (int) create.invokeExact(CLOCK_MONOTONIC, Posix.O_CLOEXEC);
        } catch (Throwable t) {
            throw new AssertionError(t);
        }
    }

    private static MethodHandle function(String name, FunctionDescriptor type) {
        Linker linker = Linker.nativeLinker();
        return linker.downcallHandle(linker.defaultLookup().find(name).orElseThrow(), type);
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void endsNoConnectionOverAFileOf(Kind kind) throws Exception {
        try (OwnedFd unusual = open(kind); TestVm vm = new TestVm()) {
            vm.guest.channel(1);
            try (Connection client = vm.compositor.accept(); OwnedFd usual = memfd("usual", 4096)) {
                client.send("x", unusual.number(), usual.number());
                Message message = vm.guest.receive(1);
                assertEquals("x", message.text());
                assertArrayEquals(new int[] {TestGuest.BLOB, TestGuest.BLOB}, message.types());
                assertArrayEquals(new int[] {4096, 4096}, message.sizes());
                assertEquals("\0\0\0\0\0", contents(vm, message.ids()[0], 0));
                assertEquals("usual", contents(vm, message.ids()[1], 0x1000));
                goesOn(vm, client);
            }
        }
    }

    /** The first five bytes of a file that was received, in the window at {@code offset}. */
    private static String contents(TestVm vm, int id, long offset) throws PosixException {
        int resource = BLOB_RESOURCE + (int) (offset >> 12);
        assertOk(vm.guest.request(vm.guest.hostBlob(resource, 1, id, 4096)));
        assertEquals(TestGuest.OK_MAP_INFO, vm.guest.request(TestGuest.map(resource, offset)));
        return text(vm.vmm.mapped(offset), 5);
    }

    private static void goesOn(TestVm vm, Connection client) throws PosixException {
        assertOk(vm.guest.request(TestGuest.send(1, "goes on")));
        assertEquals("goes on", client.readText(7));
        client.send("here, too");
        assertEquals("here, too", vm.guest.receive(1).text());
    }

    @Test
    void copiesFilesThatAreSealedOrForReading() throws Exception {
        try (TestVm vm = new TestVm();
                OwnedFd sealed = memfd("sealed", 4096);
                OwnedFd writable = memfd("plain", 4096);
                OwnedFd reading = OwnedFd.of(Posix.open("/proc/self/fd/" + writable.number(), Posix.O_RDONLY), "open")) {
            int seals = Memory.F_SEAL_SEAL | Memory.F_SEAL_SHRINK | Memory.F_SEAL_GROW | Memory.F_SEAL_WRITE;
            assertEquals(0, Memory.addSeals(sealed.number(), seals));
            vm.guest.channel(1);
            try (Connection client = vm.compositor.accept()) {
                client.send("x", sealed.number(), reading.number());
                Message message = vm.guest.receive(1);
                assertEquals("seale", contents(vm, message.ids()[0], 0));
                assertEquals("plain", contents(vm, message.ids()[1], 0x1000));
                goesOn(vm, client);
            }
        }
    }

    @Test
    void carriesAsManyFilesAsOneMessageCanHave() throws Exception {
        try (TestVm vm = new TestVm()) {
            vm.guest.channel(1);
            try (Connection client = vm.compositor.accept(); OwnedFd file = memfd("x", 4096)) {
                int[] fds = new int[MAX_FILES];
                Arrays.fill(fds, file.number());
                client.send("all of them", fds);
                int files = 0;
                StringBuilder text = new StringBuilder();
                while (files < MAX_FILES) {
                    Message message = vm.guest.receive(1);
                    files += message.ids().length;
                    text.append(message.text());
                }
                assertEquals(MAX_FILES, files);
                assertEquals("all of them", text.toString());
                goesOn(vm, client);
            }
        }
    }

    @Test
    void closesAsManyFilesAsOneMessageCanHaveWhenTheContextGoes() throws Exception {
        try (TestVm vm = new TestVm()) {
            vm.guest.channel(1);
            try (Connection client = vm.compositor.accept(); OwnedFd file = memfd("x", 4096)) {
                int[] fds = new int[MAX_FILES];
                Arrays.fill(fds, file.number());
                client.send("all of them", fds);
                assertTrue(vm.guest.receive(1).ids().length > 0);
                assertOk(vm.guest.ctxDestroy(1));
                OpenFds.await("/memfd:compositor (deleted)", 1);
            }
        }
    }

    @Test
    void copiesAFileThatGrowsAndShrinksMeanwhile() throws Exception {
        int size = 1 << 19;
        try (TestVm vm = new TestVm()) {
            vm.guest.channel(1);
            try (Connection client = vm.compositor.accept(); OwnedFd file = memfd("keymap", size)) {
                Thread changing = Thread.ofPlatform().start(() -> {
                    for (int i = 0; !Thread.currentThread().isInterrupted(); i++) {
                        assertEquals(0, Memory.ftruncate(file.number(), i % 3 == 0 ? 0 : (long) size * (i % 3)));
                    }
                });
                try {
                    for (int i = 0; i < 50; i++) {
                        client.send("f", file.number());
                        Message message = vm.guest.receive(1);
                        if (message.sizes()[0] == 0) {
                            continue;
                        }
                        assertOk(vm.guest.request(vm.guest.hostBlob(BLOB_RESOURCE, 1, message.ids()[0], 4096)));
                        assertEquals(TestGuest.OK_MAP_INFO, vm.guest.request(TestGuest.map(BLOB_RESOURCE, 0)));
                        assertEquals(4096, vm.vmm.mapped(0).byteSize());
                        assertOk(vm.guest.request(TestGuest.unref(BLOB_RESOURCE)));
                    }
                } finally {
                    changing.interrupt();
                    changing.join();
                }
                goesOn(vm, client);
            }
        }
    }
}
