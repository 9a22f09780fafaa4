package dev.wayferry.examples.loopback;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.wayferry.examples.compositor.EmbeddedCompositor;
import dev.wayferry.examples.compositor.SurfaceInfo;
import dev.wayferry.examples.host.WayferryProcess;
import dev.wayferry.examples.picture.Picture;
import dev.wayferry.examples.picture.Png;
import dev.wayferry.examples.virtgpu.VirtGpuBlob;
import dev.wayferry.examples.virtgpu.VirtGpuContext;
import dev.wayferry.wire.crossdomain.CrossDomain;
import dev.wayferry.wire.gpu.CtrlHeader;
import dev.wayferry.wire.gpu.Rect;
import dev.wayferry.wire.gpu.ResourceFlush;
import dev.wayferry.wire.gpu.SetScanoutBlob;
import dev.wayferry.wire.gpu.VirtioGpu;
import java.io.File;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code serve --scanout=window}: what a guest's driver shows is a window on a compositor. */
class ScanoutWindowTest {
    private static final int WIDTH = 320;
    private static final int HEIGHT = 200;
    private static final int PINK = 0xd0438b;
    private static final int START_SECONDS = 60;

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    @BeforeEach
    void needsTheHostProcess() {
        assumeTrue(WayferryProcess.isAvailable(), "the host process is not built");
    }

    private WayferryProcess serve(Path display) throws IOException {
        return WayferryProcess.in(folder)
                .vmName("the-guest")
                .waylandDisplay(display.toString())
                .argument("--scanout=window")
                .start();
    }

    /** A guest whose whole screen is of one colour. */
    private static final class ColouredScreen implements AutoCloseable {
        private final LoopbackGpu gpu;
        private final VirtGpuContext context;
        private final VirtGpuBlob blob;

        ColouredScreen(Path socket) throws IOException {
            gpu = LoopbackGpu.connect(socket);
            context = gpu.openContext(VirtioGpu.CAPSET_CROSS_DOMAIN, 2, 1L << CrossDomain.CHANNEL_RING);
            blob = context.createBlob(
                    VirtioGpu.BLOB_MEM_GUEST, VirtioGpu.BLOB_FLAG_USE_MAPPABLE, 4L * WIDTH * HEIGHT, 0);
            byte[] request = request(VirtioGpu.CMD_SET_SCANOUT_BLOB, SetScanoutBlob.LENGTH, SetScanoutBlob.RECT_OFFSET);
            new SetScanoutBlob()
                    .wrap(MemorySegment.ofArray(request), 0)
                    .resourceId(blob.resourceId())
                    .width(WIDTH)
                    .height(HEIGHT)
                    .format(VirtioGpu.FORMAT_B8G8R8X8_UNORM)
                    .stride(0, 4 * WIDTH);
            assertOk(request);
        }

        private static byte[] request(int type, int length, long rectOffset) {
            byte[] request = new byte[length];
            MemorySegment bytes = MemorySegment.ofArray(request);
            new CtrlHeader().wrap(bytes, 0).type(type);
            new Rect().wrap(bytes, rectOffset).width(WIDTH).height(HEIGHT);
            return request;
        }

        void fill(int rgb) throws IOException {
            MemorySegment pixels = blob.map();
            for (long i = 0; i < (long) WIDTH * HEIGHT; i++) {
                // weston-screenshooter takes the byte that has no meaning for alpha.
                pixels.setAtIndex(ValueLayout.JAVA_INT, i, 0xff000000 | rgb);
            }
            byte[] request = request(VirtioGpu.CMD_RESOURCE_FLUSH, ResourceFlush.LENGTH, ResourceFlush.RECT_OFFSET);
            new ResourceFlush().wrap(MemorySegment.ofArray(request), 0).resourceId(blob.resourceId());
            assertOk(request);
        }

        private void assertOk(byte[] request) throws IOException {
            byte[] answer = gpu.driver().command(request, CtrlHeader.LENGTH);
            assertEquals(
                    VirtioGpu.RESP_OK_NODATA,
                    new CtrlHeader().wrap(MemorySegment.ofArray(answer), 0).type());
        }

        @Override
        public void close() throws IOException {
            blob.close();
            context.close();
            gpu.close();
            assertEquals(List.of(), gpu.vmm().violations());
        }
    }

    @Test
    void theGuestsScreenIsAWindowWithTheVmsName() throws Exception {
        try (EmbeddedCompositor compositor = EmbeddedCompositor.start(folder.resolve("wayland-test"), 640, 480);
                WayferryProcess process = serve(compositor.socket())) {
            try (ColouredScreen screen = new ColouredScreen(process.socket())) {
                screen.fill(PINK);
                SurfaceInfo window = compositor.awaitSurface(
                        "the guest's screen", surface -> surface.isWindow() && surface.title().equals("the-guest"));
                assertEquals(WIDTH, window.width());
                assertEquals(HEIGHT, window.height());
                while (compositor.screenshot().count(PINK) != WIDTH * HEIGHT) {
                    Thread.sleep(10);
                }
                for (int rgb : new int[] {0xff0000, 0x00ff00, 0x0000ff}) {
                    screen.fill(rgb);
                    while (compositor.screenshot().count(rgb) != WIDTH * HEIGHT) {
                        Thread.sleep(10);
                    }
                }
            }
            compositor.awaitClients(0);
            assertEquals(0, process.stop());
        }
    }

    @Test
    void aCompositorThatDiesTakesOnlyTheWindow() throws Exception {
        try (EmbeddedCompositor compositor = EmbeddedCompositor.start(folder.resolve("wayland-test"), 640, 480);
                WayferryProcess process = serve(compositor.socket());
                ColouredScreen screen = new ColouredScreen(process.socket())) {
            screen.fill(PINK);
            compositor.awaitSurface("the guest's screen", SurfaceInfo::isWindow);
            compositor.close();
            for (int i = 0; i < 20; i++) {
                screen.fill(i);
            }
            while (!process.log().contains("the window of the guest's screen is gone")) {
                screen.fill(PINK);
            }
            assertTrue(process.isAlive());
        }
    }

    @Test
    void westonShowsTheWindow() throws Exception {
        Path runtime = Files.createDirectory(folder.resolve("weston"));
        Process weston = startWeston(runtime);
        try {
            Path socket = runtime.resolve("wayland-weston");
            for (long end = deadline(); !Files.exists(socket); ) {
                assertTrue(weston.isAlive() && System.nanoTime() < end, () -> outputOf(runtime));
                Thread.sleep(20);
            }
            try (WayferryProcess process = serve(socket);
                    ColouredScreen screen = new ColouredScreen(process.socket())) {
                long end = deadline();
                int seen = 0;
                while (seen < WIDTH * HEIGHT / 2) {
                    screen.fill(PINK);
                    Picture picture = screenshot(runtime);
                    seen = picture.count(PINK);
                    assertTrue(System.nanoTime() < end, () -> "not on the screen: " + logOf(process) + outputOf(runtime));
                }
                assertEquals(WIDTH * HEIGHT, seen);
            }
        } finally {
            weston.destroy();
            assertTrue(weston.waitFor(START_SECONDS, TimeUnit.SECONDS));
        }
    }

    private static long deadline() {
        return System.nanoTime() + TimeUnit.SECONDS.toNanos(START_SECONDS);
    }

    private static Process startWeston(Path runtime) throws IOException, InterruptedException {
        boolean installed = Arrays.stream(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator))
                .anyMatch(path -> Files.isExecutable(Path.of(path).resolve("weston-screenshooter")));
        assumeTrue(installed, "weston is not installed");
        Path config = Files.writeString(
                runtime.resolve("weston.ini"),
                "[shell]\nbackground-color=0xff2e3440\npanel-position=none\nanimation=none\nstartup-animation=none\n"
                        + "locking=false\n");
        Process version = new ProcessBuilder("weston", "--version").start();
        String name = new String(version.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        boolean isNew = Integer.parseInt(name.strip().replaceFirst("^weston (\\d+).*", "$1")) >= 13;
        ProcessBuilder weston = new ProcessBuilder(
                "weston",
                isNew ? "--backend=headless" : "--backend=headless-backend.so",
                isNew ? "--renderer=pixman" : "--use-pixman",
                isNew ? "--shell=desktop" : "--shell=desktop-shell.so",
                "--socket=wayland-weston",
                "--idle-time=0",
                "--debug",
                "--config=" + config,
                "--width=640",
                "--height=480");
        weston.environment().put("XDG_RUNTIME_DIR", runtime.toString());
        weston.redirectErrorStream(true).redirectOutput(runtime.resolve("output").toFile());
        Files.setPosixFilePermissions(runtime, PosixFilePermissions.fromString("rwx------"));
        return weston.start();
    }

    /** What weston-screenshooter writes into the folder where it runs. */
    private static Picture screenshot(Path runtime) throws Exception {
        Path pictures = Files.createTempDirectory(runtime, "pictures");
        ProcessBuilder shooter = new ProcessBuilder("weston-screenshooter");
        shooter.directory(pictures.toFile()).inheritIO();
        shooter.environment().put("XDG_RUNTIME_DIR", runtime.toString());
        shooter.environment().put("WAYLAND_DISPLAY", "wayland-weston");
        assertEquals(0, shooter.start().waitFor());
        try (var files = Files.list(pictures)) {
            return Png.read(files.findFirst().orElseThrow());
        }
    }

    private static String outputOf(Path runtime) {
        try {
            return Files.readString(runtime.resolve("output"));
        } catch (IOException e) {
            return e.toString();
        }
    }

    private static String logOf(WayferryProcess process) {
        try {
            return process.log();
        } catch (IOException e) {
            return e.toString();
        }
    }
}
