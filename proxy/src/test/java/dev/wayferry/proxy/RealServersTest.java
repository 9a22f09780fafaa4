package dev.wayferry.proxy;

import static dev.wayferry.proxy.TestVm.assertOk;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.Sockets;
import dev.wayferry.proxy.TestCompositor.Connection;
import dev.wayferry.proxy.TestGuest.Message;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Real programs and their real servers, an X server, a PipeWire daemon and a D-Bus daemon, with a session between them. */
class RealServersTest {
    private static final int PIPEWIRE = 0x10;
    private static final int X11 = 0x11;
    private static final int DBUS_SESSION = 0x12;
    private static final int MUVM_INIT = 24;

    @TempDir
    private Path folder;

    // ---- X11

    /** Where display {@code number} has its socket, for servers and programs alike. */
    private static Path display(int number) {
        return Path.of("/tmp/.X11-unix/X" + number);
    }

    /** Starts an X server; returns its display's number. */
    private static int startXServer(Programs programs) throws Exception {
        programs.start("xvfb", Map.of(), "Xvfb", "-displayfd", "1", "-nolisten", "tcp", "-noreset", "-screen", "0",
                "1280x800x24");
        return Integer.parseInt(programs.awaitLine("Xvfb"));
    }

    @ParameterizedTest
    @ValueSource(ints = {20, 24, 36})
    void letsXProgramsTalkToARealXServer(int initSize) throws Exception {
        Path screenshot = folder.resolve("root.xwd");
        try (Programs programs = new Programs(folder)) {
            int server = startXServer(programs);
            int relayed = server + 1000;
            Map<String, String> throughRelay = Map.of("DISPLAY", ":" + relayed);
            try (TestVm vm = new TestVm(Map.of(X11, display(server).toString()));
                    Relay relay = new Relay(vm, display(relayed), initSize, X11)) {
                relay.runUntilEnd(programs.start("x11-utils", throughRelay, "xdpyinfo"));
                String info = programs.printed("xdpyinfo");
                assertTrue(info.contains("dimensions:    1280x800 pixels"), info);
                assertTrue(info.contains("MIT-SHM"), info);
                // An atom and a property made through the session are seen by others.
                relay.runUntilEnd(programs.start("x11-utils", throughRelay, "xprop", "-root", "-f", "WAYFERRY", "8s", "-set",
                        "WAYFERRY", "carried"));
                Process direct = programs.start("x11-utils", Map.of("DISPLAY", ":" + server), "xprop",
                        "-root", "WAYFERRY");
                assertEquals(0, direct.waitFor());
                assertEquals("WAYFERRY(STRING) = \"carried\"", programs.printed("xprop").strip());
                // One reply of 4 MB.
                relay.runUntilEnd(programs.start("x11-apps", throughRelay, "xwd", "-root", "-silent", "-out",
                        screenshot.toString()));
                assertTrue(Files.size(screenshot) > 1280 * 800 * 4, "the picture has " + Files.size(screenshot) + " bytes");
            }
        }
    }

    private static ByteBuffer request(int length, int opcode, int data) {
        ByteBuffer request = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
        return request.put(0, (byte) opcode).put(1, (byte) data).putShort(2, (short) (length / 4));
    }

    /** Sends a request with the files named; returns its answer of 32 bytes. */
    private static Message ask(TestVm vm, ByteBuffer request, int... idsAndTypes) {
        assertOk(vm.guest.request(TestGuest.send(1, request.array(), idsAndTypes)));
        Message answer = vm.guest.receive(1);
        assertEquals(32, answer.data().length);
        assertEquals(1, answer.data()[0], "an answer, no error");
        return answer;
    }

    private static ByteBuffer bytes(byte[] array) {
        return ByteBuffer.wrap(array).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** What the X protocol itself says: the answer to a connection's setup. */
    private static ByteBuffer setUp(TestVm vm) {
        vm.guest.channel(1, MUVM_INIT, X11);
        assertOk(vm.guest.request(TestGuest.send(1, new byte[] {'l', 0, 11, 0, 0, 0, 0, 0, 0, 0, 0, 0})));
        ByteArrayOutputStream setup = new ByteArrayOutputStream();
        int length = 8;
        while (setup.size() < length) {
            setup.writeBytes(vm.guest.receive(1).data());
            length = 8 + 4 * (setup.size() < 8 ? 0 : Short.toUnsignedInt(bytes(setup.toByteArray()).getShort(6)));
        }
        assertEquals(1, setup.toByteArray()[0], "the X server takes the guest in");
        return bytes(setup.toByteArray());
    }

    /** The first byte of MIT-SHM's requests. */
    private static int sharedMemoryExtension(TestVm vm) {
        ByteBuffer query = request(16, 98, 0).putShort(4, (short) 7).put(8, "MIT-SHM".getBytes());
        ByteBuffer queried = bytes(ask(vm, query).data());
        assertEquals(1, queried.get(8), "the X server has MIT-SHM");
        return queried.get(9);
    }

    @Test
    void givesTheGuestTheFileOfAnAnswerTogetherWithTheAnswer() throws Exception {
        try (Programs programs = new Programs(folder)) {
            int server = startXServer(programs);
            try (TestVm vm = new TestVm(Map.of(X11, display(server).toString()))) {
                int segment = setUp(vm).getInt(12);
                int extension = sharedMemoryExtension(vm);
                Message created = ask(vm, request(16, extension, 7).putInt(4, segment).putInt(8, 8192));
                assertEquals(1, created.data()[1], "files, says the answer");
                assertArrayEquals(new int[] {TestGuest.BLOB}, created.types());
                assertArrayEquals(new int[] {8192}, created.sizes());
            }
        }
    }

    @Test
    void letsARealXServerDrawIntoTheGuestsMemory() throws Exception {
        try (Programs programs = new Programs(folder)) {
            int server = startXServer(programs);
            try (TestVm vm = new TestVm(Map.of(X11, display(server).toString()))) {
                ByteBuffer setup = setUp(vm);
                int segment = setup.getInt(12);
                int vendorLength = (setup.getShort(24) + 3) & -4;
                int root = setup.getInt(40 + vendorLength + 8 * setup.get(29));
                int extension = sharedMemoryExtension(vm);
                ByteBuffer image = vm.guest.imageRequirements(1, 64, 64);
                assertOk(vm.guest.request(vm.guest.hostBlob(7, 1, image.getInt(48), image.getLong(40))));
                assertEquals(TestGuest.OK_MAP_INFO, vm.guest.request(TestGuest.map(7, 0)));
                assertOk(vm.guest.request(TestGuest.attach(7, 1)));
                vm.vmm.mapped(0).fill((byte) 0x55);
                byte[] attachFd = request(12, extension, 6).putInt(4, segment).array();
                assertOk(vm.guest.request(TestGuest.send(1, attachFd, 7, TestGuest.BLOB)));
                // ShmGetImage of 8 rows of 64 pixels, in ZPixmap; the root window is black.
                ByteBuffer getImage = request(32, extension, 4).putInt(4, root).putShort(12, (short) 64);
                ask(vm, getImage.putShort(14, (short) 8).putInt(16, -1).put(20, (byte) 2).putInt(24, segment));
                assertEquals(0, vm.vmm.mapped(0).get(ValueLayout.JAVA_INT, 0) & 0xff_ffff);
                assertEquals(0, vm.vmm.mapped(0).get(ValueLayout.JAVA_INT, 4 * (8 * 64 - 1)) & 0xff_ffff);
                assertEquals(0x5555_5555, vm.vmm.mapped(0).get(ValueLayout.JAVA_INT, 4 * 8 * 64));
            }
        }
    }

    // ---- PipeWire

    @Test
    void listsTheObjectsOfARealPipeWireDaemon() throws Exception {
        Path relayed = folder.resolve("relayed");
        try (Programs programs = new Programs(folder)) {
            programs.start("pipewire", Map.of(), "pipewire");
            Path server = folder.resolve("pipewire-0");
            programs.awaitSocket(server);
            try (TestVm vm = new TestVm(Map.of(PIPEWIRE, server.toString()));
                    Relay relay = new Relay(vm, relayed, MUVM_INIT, PIPEWIRE)) {
                relay.runUntilEnd(programs.start("pipewire-bin", Map.of("PIPEWIRE_REMOTE", "relayed"), "pw-dump"));
                String dump = programs.printed("pw-dump");
                for (String object : List.of("PipeWire:Interface:Core", "PipeWire:Interface:Module",
                        "PipeWire:Interface:Factory", "PipeWire:Interface:Client", "Dummy-Driver")) {
                    assertTrue(dump.contains(object), dump);
                }
            }
        }
    }

    private static final int RATE = 48_000;

    /** Half a second of a stereo tone, as a WAV file. */
    private static byte[] tone() {
        int frames = RATE / 2;
        ByteBuffer wav = ByteBuffer.allocate(44 + 4 * frames).order(ByteOrder.LITTLE_ENDIAN);
        wav.put("RIFF".getBytes()).putInt(36 + 4 * frames).put("WAVEfmt ".getBytes()).putInt(16);
        wav.putShort((short) 1).putShort((short) 2).putInt(RATE).putInt(4 * RATE).putShort((short) 4).putShort((short) 16);
        wav.put("data".getBytes()).putInt(4 * frames);
        for (int i = 0; i < frames; i++) {
            short sample = (short) (10_000 * Math.sin(i / 20.0));
            wav.putShort(sample).putShort(sample);
        }
        return wav.array();
    }

    /** Buffers and the state of cycles are memory that daemon and program share; each cycle is an eventfd's signal. */
    @Test
    void playsAToneOnARealPipeWireDaemon() throws Exception {
        Path settings = Files.createDirectories(folder.resolve("pipewire/pipewire.conf.d"));
        Files.writeString(settings.resolve("sink.conf"), """
                context.objects = [ { factory = adapter args = {
                    factory.name = support.null-audio-sink node.name = test-sink media.class = Audio/Sink
                    audio.position = [ FL FR ] object.linger = true } } ]
                """);
        Path tone = Files.write(folder.resolve("tone.wav"), tone());
        Path relayed = folder.resolve("relayed");
        Path bus = folder.resolve("bus");
        Map<String, String> environment = Map.of("XDG_CONFIG_HOME", folder.toString(), "DBUS_SESSION_BUS_ADDRESS",
                "unix:path=" + bus);
        try (Programs programs = new Programs(folder)) {
            assertEquals(bus, startBus(programs));
            programs.start("pipewire", environment, "pipewire");
            Path server = folder.resolve("pipewire-0");
            programs.awaitSocket(server);
            programs.start("wireplumber", environment, "wireplumber");
            // Until the session manager has found the sink, it tells players that there is none, and they end.
            programs.runUntilPrinted("\"default.audio.sink\"", "pipewire-bin", Map.of(), "pw-dump");
            try (TestVm vm = TestVm.thatMapsPartialPages(Map.of(PIPEWIRE, server.toString()));
                    PipeWireRelay relay = new PipeWireRelay(vm, relayed)) {
                // It ends when the daemon has taken the last sample.
                relay.runUntilEnd(programs.start(
                        "pipewire-bin", Map.of("PIPEWIRE_REMOTE", "relayed"), "pw-cat", "--playback", tone.toString()));
                String seen = relay.memories + " memories, " + relay.reads + " signals to the program, " + relay.writes
                        + " from it";
                assertTrue(relay.memories > 0 && relay.reads > 1 && relay.writes > 1, seen);
            }
        }
    }

    // ---- D-Bus

    /** Starts a bus of the test's own; returns its socket. */
    private Path startBus(Programs programs) throws Exception {
        Path bus = folder.resolve("bus");
        programs.start("dbus-daemon", Map.of(), "dbus-daemon", "--session", "--nofork", "--nopidfile",
                "--address=unix:path=" + bus);
        programs.awaitSocket(bus);
        return bus;
    }

    @Test
    void letsAProgramCallARealDBusDaemon() throws Exception {
        Path relayed = folder.resolve("relayed");
        try (Programs programs = new Programs(folder)) {
            Path server = startBus(programs);
            try (TestVm vm = new TestVm(Map.of(DBUS_SESSION, server.toString()));
                    Relay relay = new Relay(vm, relayed, MUVM_INIT, DBUS_SESSION)) {
                relay.runUntilEnd(programs.start("dbus-bin", Map.of(), "dbus-send", "--bus=unix:path=" + relayed,
                        "--print-reply", "--dest=org.freedesktop.DBus", "/", "org.freedesktop.DBus.ListNames"));
                String names = programs.printed("dbus-send");
                assertTrue(names.contains("string \"org.freedesktop.DBus\""), names);
                assertTrue(names.contains("string \":1.0\""), names);
                assertFalse(names.contains("Error"), names);
            }
        }
    }

    @Test
    void passesFilesBothWaysOverARealDBusDaemon() throws Exception {
        int uid = (int) Files.getAttribute(folder, "unix:uid");
        try (Programs programs = new Programs(folder)) {
            Path server = startBus(programs);
            try (TestVm vm = new TestVm(Map.of(DBUS_SESSION, server.toString()));
                    Connection host = new Connection(Sockets.connect(server.toString()))) {
                host.send(DBus.greeting(uid));
                host.readText("OK 0123456789abcdef0123456789abcdef\r\nAGREE_UNIX_FD\r\n".length());
                host.send(DBus.hello());
                vm.guest.channel(1, MUVM_INIT, DBUS_SESSION);
                assertOk(vm.guest.request(TestGuest.send(1, DBus.greeting(uid))));
                StringBuilder lines = new StringBuilder();
                while (!lines.toString().endsWith("AGREE_UNIX_FD\r\n")) {
                    lines.append(vm.guest.receive(1).text());
                }
                assertOk(vm.guest.request(TestGuest.send(1, DBus.hello())));
                // Until it has its name, :1.1 as the bus's second client.
                while (!vm.guest.receive(1).text().contains(":1.1")) {}

                OwnedFd[] pipe = TestFiles.pipe();
                host.send(DBus.call(":1.1", "Take", true), pipe[1].number());
                pipe[1].close();
                Message taken = vm.guest.receive(1);
                while (taken.ids().length == 0) {
                    taken = vm.guest.receive(1);
                }
                assertArrayEquals(new int[] {TestGuest.WRITE_PIPE}, taken.types());
                assertTrue(taken.text().contains("Take"), taken.text());
                assertOk(vm.guest.request(TestGuest.write(1, taken.ids()[0], "to the host".getBytes(), true)));
                assertEquals("to the host", TestFiles.read(pipe[0]));
                pipe[0].close();

                byte[] give = DBus.call(":1.0", "Give", true);
                assertOk(vm.guest.request(TestGuest.send(1, give, TestFiles.PIPE, TestGuest.READ_PIPE)));
                while (host.received.isEmpty()) {
                    assertTrue(host.readSome(4096).length > 0);
                }
                TestFiles.write(host.received.get(0), "to the guest");
                Message given = vm.guest.receive(1);
                assertEquals(6, given.cmd());
                assertEquals("to the guest", given.text());
            }
        }
    }
}
