package dev.wayferry.examples.guestproxy;

import dev.wayferry.wire.wayland.MalformedMessageException;
import dev.wayferry.wire.wayland.WaylandWriter;
import dev.wayferry.wire.wayland.WlCompositor;
import dev.wayferry.wire.wayland.WlDisplay;
import dev.wayferry.wire.wayland.WlRegistry;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.function.Consumer;

/** A proxy over a scripted GPU with one program connected, and the numbers of its first objects. */
final class GuestProxyFixture implements AutoCloseable {
    static final int DISPLAY = 1;
    static final int REGISTRY = 2;
    static final int SHM = 3;
    static final int COMPOSITOR = 4;
    static final int SURFACE = 5;
    /** The first number that a test may use. */
    static final int NEXT = 6;

    final ScriptedGpu gpu;
    final GuestProxy proxy;
    final TestClient client;
    final ScriptedGpu.Context context;
    final HostView host;

    GuestProxyFixture(Path folder) throws IOException, InterruptedException {
        // Whatever devices this machine has: what they make possible has tests of its own.
        this(folder, new ScriptedGpu(), ClientPages.none());
    }

    GuestProxyFixture(Path folder, ScriptedGpu gpu, ClientPages pages) throws IOException, InterruptedException {
        this.gpu = gpu;
        proxy = GuestProxy.start(gpu, folder.resolve("wayland-test"), GuestProxy.DEFAULT_HIDDEN_GLOBALS, pages);
        client = new TestClient(proxy.socket());
        context = gpu.nextContext();
        host = new HostView(context);
    }

    /** Makes the objects that every test of windows needs, and sees them arrive. */
    GuestProxyFixture withSurface() throws IOException, InterruptedException, MalformedMessageException {
        client.request(DISPLAY, WlDisplay.GET_REGISTRY).putInt(REGISTRY).end();
        bind(1, "wl_shm", 1, SHM);
        bind(2, "wl_compositor", 4, COMPOSITOR);
        client.request(COMPOSITOR, WlCompositor.CREATE_SURFACE).putInt(SURFACE).end();
        client.flush();
        host.expect(DISPLAY, WlDisplay.GET_REGISTRY);
        host.expect(REGISTRY, WlRegistry.BIND);
        host.expect(REGISTRY, WlRegistry.BIND);
        host.expect(COMPOSITOR, WlCompositor.CREATE_SURFACE);
        return this;
    }

    void bind(int name, String interfaceName, int version, int id) {
        client.request(REGISTRY, WlRegistry.BIND)
                .putInt(name)
                .putString(interfaceName)
                .putInt(version)
                .putInt(id)
                .end();
    }

    /** Messages as bytes. */
    static byte[] bytes(Consumer<WaylandWriter> messages) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment buffer = arena.allocate(1 << 16);
            WaylandWriter writer = new WaylandWriter().wrap(buffer, 0);
            messages.accept(writer);
            return buffer.asSlice(0, writer.position()).toArray(ValueLayout.JAVA_BYTE);
        }
    }

    @Override
    public void close() throws IOException {
        client.close();
        proxy.close();
    }
}
