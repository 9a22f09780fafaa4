package dev.wayferry.bridge;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.Posix;
import dev.wayferry.posix.PosixException;
import java.io.BufferedReader;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Files that are not what they look like. What real dma-bufs are, the tests of udmabuf, dma_heap and gbm say. */
class FileClassifierTest {
    private static final long PATIENCE_SECONDS = 60;

    /** Has its own root, in which there is one file, until its input ends. */
    private static final String OTHER_ROOT = """
            set -e
            mount -t tmpfs none "$1"
            cd "$1"
            printf contents > dmabuf:x
            mkdir old
            pivot_root . old
            echo ready
            read -r _
            """;

    @TempDir
    Path folder;

    private static FileKind kindOf(OwnedFd file) {
        try (Arena arena = Arena.ofConfined()) {
            return new FileClassifier(arena).classify(file.number());
        }
    }

    private static OwnedFd open(String path, int flags) throws PosixException {
        return OwnedFd.of(Posix.open(path, flags), path);
    }

    /** A program in a mount namespace of its own. A user namespace lets anybody have one, and root needs none. */
    private static Process unshare(String script, String argument) throws Exception {
        List<String> said = new ArrayList<>();
        for (List<String> namespaces : List.of(List.of("--user", "--map-root-user", "--mount"), List.of("--mount"))) {
            List<String> command = new ArrayList<>(List.of("unshare"));
            command.addAll(namespaces);
            command.addAll(List.of("sh", "-c", script, "sh", argument));
            Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
            BufferedReader output = process.inputReader();
            String line = output.readLine();
            if ("ready".equals(line)) {
                return process;
            }
            said.add(namespaces + ": " + line);
            process.destroyForcibly().waitFor();
        }
        throw new AssertionError("this test needs a mount namespace, which util-linux's unshare could not make here: " + said);
    }

    @Test
    void takesNoFileForADmaBufByItsNameAlone() throws Exception {
        Process other = unshare(OTHER_ROOT, folder.toString());
        try {
            String path = "/proc/" + other.pid() + "/root/dmabuf:x";
            for (int flags : new int[] {Posix.O_RDWR, Posix.O_RDONLY}) {
                try (OwnedFd file = open(path, flags)) {
                    assertEquals("/dmabuf:x", Posix.linkOf(file.number()));
                    assertEquals(FileKind.MEMORY, kindOf(file));
                }
            }
            try (OwnedFd file = open(path, Posix.O_WRONLY)) {
                assertEquals("/dmabuf:x", Posix.linkOf(file.number()));
                assertEquals(FileKind.OTHER, kindOf(file));
            }
        } finally {
            other.outputWriter().close();
            assertTrue(other.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {Posix.O_RDONLY | Posix.O_NONBLOCK, Posix.O_WRONLY, Posix.O_RDWR})
    void takesNoNamedFifoForAPipe(int flags) throws IOException, InterruptedException {
        Path path = folder.resolve("pipe:[1]");
        assertEquals(0, new ProcessBuilder("mkfifo", path.toString()).inheritIO().start().waitFor());
        // There has to be a reader, or opening it for writing would wait.
        try (OwnedFd _ = open(path.toString(), Posix.O_RDWR); OwnedFd fifo = open(path.toString(), flags)) {
            assertEquals(FileKind.OTHER, kindOf(fifo));
        }
    }

    @Test
    void knowsPipesByTheirEnds() throws PosixException {
        long ends = PosixException.check(Posix.pipe(), "pipe");
        try (OwnedFd readEnd = new OwnedFd(Posix.readEnd(ends)); OwnedFd writeEnd = new OwnedFd(Posix.writeEnd(ends))) {
            assertEquals(FileKind.READ_PIPE, kindOf(readEnd));
            assertEquals(FileKind.WRITE_PIPE, kindOf(writeEnd));
        }
    }
}
