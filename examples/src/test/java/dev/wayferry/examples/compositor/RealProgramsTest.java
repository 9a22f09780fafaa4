package dev.wayferry.examples.compositor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/** Programs that others wrote, where they are installed. */
class RealProgramsTest {
    private static final int KEY_ENTER = 28;
    private static final int KEY_LEFTSHIFT = 42;
    private static final int KEY_H = 35;
    private static final int KEY_I = 23;

    @TempDir(cleanup = CleanupMode.ALWAYS)
    @SuppressWarnings("NullAway.Init")
    Path folder;

    @SuppressWarnings("NullAway.Init")
    private EmbeddedCompositor compositor;

    private final List<Process> programs = new ArrayList<>();

    @BeforeEach
    void start() throws IOException {
        compositor = EmbeddedCompositor.start(folder.resolve("wayland-0"), 1024, 768);
    }

    @AfterEach
    void stop() throws InterruptedException {
        for (Process program : programs) {
            program.destroyForcibly().waitFor();
        }
        compositor.close();
    }

    private Process run(String... command) throws IOException {
        boolean installed = Arrays.stream(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator))
                .anyMatch(path -> Files.isExecutable(Path.of(path).resolve(command[0])));
        assumeTrue(installed, command[0] + " is not installed");
        var builder = new ProcessBuilder(command);
        builder.environment().put("XDG_RUNTIME_DIR", folder.toString());
        builder.environment().put("WAYLAND_DISPLAY", "wayland-0");
        builder.environment().put("HOME", folder.toString());
        builder.redirectError(folder.resolve(command[0] + ".err").toFile());
        builder.redirectOutput(output(command[0]).toFile());
        Process program = builder.start();
        programs.add(program);
        return program;
    }

    /** Where a program's standard output goes. */
    private Path output(String program) {
        return folder.resolve(program + ".out");
    }

    private static void awaitEnd(Process program) throws InterruptedException {
        assertTrue(program.waitFor(2, TimeUnit.MINUTES), "it does not end");
        assertEquals(0, program.exitValue());
    }

    private SurfaceInfo awaitFrames(String what, int frames) {
        return compositor.awaitSurface(what, surface -> surface.isWindow() && surface.frames() >= frames);
    }

    @Test
    void waylandInfoListsTheGlobals() throws Exception {
        awaitEnd(run("wayland-info"));
        String info = Files.readString(output("wayland-info"));
        for (String global : List.of(
                "wl_compositor", "wl_subcompositor", "wl_shm", "wl_output", "wl_seat", "wl_data_device_manager",
                "xdg_wm_base")) {
            assertTrue(info.contains(global), info);
        }
        assertTrue(info.contains("width: 1024 px, height: 768 px"), info);
    }

    @Test
    void westonSimpleShmMoves() throws IOException {
        run("weston-simple-shm");
        awaitFrames("thirty frames", 30);
    }

    @Test
    void westonFlowerShows() throws IOException {
        run("weston-flower");
        SurfaceInfo flower = awaitFrames("a flower", 1);
        assertEquals(200, flower.width());
    }

    @Test
    void westonSubsurfacesShowsItsParts() throws IOException {
        run("weston-subsurfaces");
        compositor.awaitSurface("a part", surface -> surface.role().equals("wl_subsurface") && surface.visible());
    }

    @Test
    void footUnderstandsTheKeymap() throws Exception {
        Path typed = folder.resolve("typed");
        Process foot = run("foot", "sh", "-c", "read line; echo \"$line\" > " + typed);
        awaitFrames("a terminal", 1);
        compositor.awaitSurface("the keyboard", SurfaceInfo::activated);
        compositor.key(KEY_LEFTSHIFT, true);
        type(KEY_H);
        compositor.key(KEY_LEFTSHIFT, false);
        type(KEY_I);
        type(KEY_ENTER);
        awaitEnd(foot);
        assertEquals("Hi\n", Files.readString(typed));
    }

    private void type(int key) {
        compositor.key(key, true);
        compositor.key(key, false);
    }

    @Test
    void wlClipboardCopiesAMegabyte() throws Exception {
        byte[] content = new byte[1 << 20];
        new Random(2).nextBytes(content);
        Process copy = run("wl-copy", "--foreground", "--type", "application/octet-stream");
        try (var in = copy.getOutputStream()) {
            in.write(content);
        }
        compositor.awaitSelection("application/octet-stream");
        awaitEnd(run("wl-paste", "--type", "application/octet-stream"));
        byte[] pasted = Files.readAllBytes(output("wl-paste"));
        assertTrue(Arrays.equals(content, pasted), pasted.length + " bytes, or others");
    }
}
