package dev.wayferry.examples.bench.backend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.wayferry.examples.bench.floor.Floor;
import dev.wayferry.examples.bench.guest.Guest;
import dev.wayferry.examples.host.WayferryProcess;
import dev.wayferry.examples.testing.HostSocket;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BackEndTest {
    @TempDir
    Path folder;

    @Test
    void anyCommandOfTheShellIsABackEnd() throws IOException {
        String java = System.getProperty("java.home") + "/bin/java --enable-native-access=ALL-UNNAMED -cp "
                + System.getProperty("java.class.path") + " " + Floor.class.getName();
        BackEnd backEnd = CommandBackEnd.parse("other= " + java + " {socket} {wayland}");
        assertEquals("other", backEnd.name());
        try (HostSocket compositor = new HostSocket(folder.resolve("wayland"));
                Running process = backEnd.start(folder, "first", compositor.path());
                Guest guest = new FloorBackEnd().connect(process.socket())) {
            // The process is the command's own, of which processor time is read, and not the shell's.
            assertTrue(ProcessHandle.of(process.pid()).orElseThrow().info().command().orElseThrow().endsWith("java"));
            guest.close(guest.open(1));
            compositor.accept().awaitEnd();
            assertNull(process.ownFigures());
        }
    }

    @Test
    void aCommandThatEndsIsAnErrorWithWhatItSaid() {
        BackEnd backEnd = CommandBackEnd.parse("broken=sh -c 'echo no such option >&2; exit 3' {socket}");
        IOException failure = assertThrows(IOException.class, () -> backEnd.start(folder, "x", folder.resolve("y")));
        String message = String.valueOf(failure.getMessage());
        assertTrue(message.contains("ended with 3"), message);
        assertTrue(message.contains("no such option"), message);
    }

    @Test
    void aBackEndNeedsANameAndAPlaceForItsSocket() {
        assertThrows(IllegalArgumentException.class, () -> CommandBackEnd.parse("crosvm device gpu {socket}"));
        assertThrows(IllegalArgumentException.class, () -> CommandBackEnd.parse("crosvm=crosvm device gpu"));
    }

    @Test
    void theFloorRunsWithTheHostProcessesOwnOptions() throws IOException {
        Path launcher = launcher();
        assertTrue(launcher != null, "these are a checkout's tests");
        assertTrue(Files.readString(launcher).contains(" " + String.join(" ", ServerProcess.JVM_OPTIONS) + " "));
    }

    @Test
    void whatTheHostProcessTellsOfItselfIsRead() throws IOException {
        OwnFigures figures = OwnFigures.parse(
                "{\"sends\":3,\"bytes_copied\":120,\"copied\":{\"waiting\":120},\"alloc_bytes\":4096}\n");
        assertEquals(new OwnFigures(120, 4096L), figures);
        assertEquals(new OwnFigures(0, null), OwnFigures.parse("{\"bytes_copied\":0,\"alloc_bytes\":null}"));
        assertThrows(IOException.class, () -> OwnFigures.parse("{}"));
    }

    @Test
    void aHostProcessThatOffersItIsAskedForItsFigures() throws IOException {
        assumeTrue(WayferryProcess.isAvailable(), "the host process is not built");
        assumeTrue(WayferryProcess.offers("--stats-fd"), "the host process has no --stats-fd");
        try (HostSocket compositor = new HostSocket(folder.resolve("wayland"));
                Running process = WayferryBackEnd.plain().start(folder, "vm", compositor.path())) {
            OwnFigures figures = process.ownFigures();
            assertTrue(figures != null && figures.bytesCopied() == 0, () -> String.valueOf(figures));
            assertTrue(process.ownFigures() != null);
        }
    }

    private static @Nullable Path launcher() {
        for (Path at = Path.of("").toAbsolutePath(); at != null; at = at.getParent()) {
            if (Files.exists(at.resolve("proxy/bin/wayferry"))) {
                return at.resolve("proxy/bin/wayferry");
            }
        }
        return null;
    }
}
