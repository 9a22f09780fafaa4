package dev.wayferry.proxy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wayferry.posix.Identity;
import dev.wayferry.posix.Sockets;
import dev.wayferry.proxy.CommandLineTest.Serving;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Who may connect to the process's socket, and what a guest's words become. */
class SocketRulesTest {
    private static final long PATIENCE_SECONDS = 120;
    private static final int NOBODY = 65534;
    private static final int SIDE = 64;

    @TempDir
    private Path folder;

    private Path socket() {
        return folder.resolve("vm.sock");
    }

    private ProcessBuilder serve(List<String> prefix, String... more) {
        List<String> arguments = new ArrayList<>(List.of("--socket-path=" + socket(), "--log-level=info"));
        arguments.addAll(List.of(more));
        ProcessBuilder builder = CommandLineTest.wayferry(Map.of(), arguments.toArray(String[]::new));
        List<String> command = new ArrayList<>(prefix);
        command.addAll(builder.command());
        return builder.command(command);
    }

    private int mode() throws IOException {
        return (int) Files.getAttribute(socket(), "unix:mode") & 0777;
    }

    // ---- modes

    @ParameterizedTest
    @ValueSource(strings = {"0", "0377"})
    void theSocketIsItsOwnersWhateverUmaskIsInherited(String umask) throws Exception {
        List<String> withUmask = List.of("sh", "-c", "umask " + umask + "; exec \"$@\"", "sh");
        try (Serving _ = new Serving(serve(withUmask))) {
            assertEquals(0600, mode());
        }
    }

    @Test
    void aPictureOfTheGuestsScreenIsItsOwners() throws Exception {
        Path picture = folder.resolve("screen.png");
        try (Serving serving = new Serving(serve(
                        List.of("sh", "-c", "umask 0; exec \"$@\"", "sh"), "--scanout=png:" + picture));
                FrontEnd vmm = new FrontEnd(Sockets.connect(socket().toString()))) {
            vmm.negotiate(TestVm.ALL, true);
            vmm.setMemory();
            try (TestGuest guest = new TestGuest(vmm)) {
                TestVm.assertOk(guest.request(ScanoutGuest.create2d(1, ScanoutGuest.BGRX, SIDE, SIDE)));
                TestVm.assertOk(guest.request(ScanoutGuest.backing(1, ScanoutGuest.pages(4L * SIDE * SIDE))));
                TestVm.assertOk(guest.request(ScanoutGuest.scanout(0, 1, 0, 0, SIDE, SIDE)));
                TestVm.assertOk(guest.request(ScanoutGuest.transfer(1, 0, 0, SIDE, SIDE, 0)));
                TestVm.assertOk(guest.request(ScanoutGuest.flush(1, 0, 0, SIDE, SIDE)));
                long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
                while (!Files.exists(picture)) {
                    assertTrue(System.nanoTime() < end, "there is no picture");
                    Thread.sleep(20);
                }
                assertEquals(0600, (int) Files.getAttribute(picture, "unix:mode") & 0777);
            }
            assertTrue(serving.process.isAlive());
        }
    }

    // ---- users

    @Test
    void withOtherUsersAllowedEverybodyCanKnockAndTheirNumberDecides() throws Exception {
        try (Serving serving = new Serving(serve(List.of(), "--allow-uid=" + (NOBODY - 1)))) {
            assertEquals(0666, mode());
            if (Identity.user() == 0) {
                assertEquals("turned away", asUser(NOBODY));
                String line = serving.awaitLog("is turned away");
                assertTrue(line.contains("of user " + NOBODY + " is turned away, VMMs may be those of users [0, "
                        + (NOBODY - 1) + "]; --allow-uid=" + NOBODY + " lets it in"), line);
                assertEquals("served", asUser(NOBODY - 1));
            }
            // Its own user's VMMs are served all the same.
            try (FrontEnd vmm = new FrontEnd(Sockets.connect(socket().toString()))) {
                vmm.negotiate(TestVm.ALL, true);
            }
        }
    }

    /** What becomes of a process of that user which asks for the features, as a VMM does first. */
    private String asUser(int user) throws Exception {
        Files.setAttribute(folder, "unix:mode", 0755);
        String program = "$SIG{PIPE} = 'IGNORE'; socket(my $s, AF_UNIX, SOCK_STREAM, 0) or die; connect($s, sockaddr_un($ARGV[0])) or die \"$!\";"
                + " syswrite($s, pack('LLL', 1, 1, 0)); print sysread($s, my $b, 20) ? 'served' : 'turned away';";
        Process process = new ProcessBuilder("setpriv", "--reuid=" + user, "--regid=" + user, "--clear-groups",
                "perl", "-MSocket", "-e", program, socket().toString()).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertTrue(process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS));
        return said;
    }

    @Test
    void theOwnUserAndRootAreAllowedByThemselves() {
        AllowedPeers own = new AllowedPeers(1000, Set.of(), true);
        assertTrue(own.contains(1000) && own.contains(0));
        assertFalse(own.contains(1001) || own.contains(-1) || own.contains(1L << 32));
        assertTrue(new AllowedPeers(1000, Set.of(1001), true).contains(1001));
    }

    @Test
    void nobodyIsAllowedByTheNumberOfAllWhomAUserNamespaceDoesNotKnow() {
        AllowedPeers inNamespace = new AllowedPeers(1000, Set.of(NOBODY, 1001), false);
        assertFalse(inNamespace.contains(NOBODY));
        assertTrue(inNamespace.contains(1001) && inNamespace.contains(1000));
        assertFalse(inNamespace.remedy(NOBODY).contains("--allow-uid=" + NOBODY), inNamespace.remedy(NOBODY));
        AllowedPeers outside = new AllowedPeers(1000, Set.of(NOBODY), true);
        assertTrue(outside.contains(NOBODY));
        assertEquals("--allow-uid=1002 lets it in", outside.remedy(1002));
        assertTrue(AllowedPeers.isWhole("         0          0 4294967295\n"));
        assertFalse(AllowedPeers.isWhole("      1000       1000          1\n"));
        assertFalse(AllowedPeers.isWhole("         0       1000          1\n         1     100000      65536\n"));
    }

    // ---- one VMM

    @Test
    void aSecondVmmIsTurnedAwayAndTheFirstNeverNotices() throws Exception {
        try (Serving serving = new Serving(serve(List.of()))) {
            try (FrontEnd vmm = new FrontEnd(Sockets.connect(socket().toString()))) {
                vmm.negotiate(TestVm.ALL, true);
                vmm.setMemory();
                try (TestGuest guest = new TestGuest(vmm)) {
                    guest.barrier();
                    for (int i = 0; i < 3; i++) {
                        try (FrontEnd second = new FrontEnd(Sockets.connect(socket().toString()))) {
                            assertTrue(second.isHungUp());
                        }
                        String line = serving.awaitLog("is turned away");
                        assertTrue(line.contains("vm=vm pid " + ProcessHandle.current().pid()), line);
                        guest.barrier();
                    }
                }
            }
            String unused = serving.awaitLog("the VMM has gone");
            try (FrontEnd next = new FrontEnd(Sockets.connect(socket().toString()))) {
                next.negotiate(TestVm.ALL, true);
            }
        }
    }

    // ---- words of the guest's

    @Test
    void nothingThatAGuestChoosesBecomesAPath() throws Exception {
        Path trace = folder.resolve("trace");
        String marker = "wayferry-guests-choice";
        try (Serving serving = new Serving(serve(List.of(
                        "strace", "-D", "-f", "-qqq", "-s", "200", "-o", trace.toString(), "-e", "signal=none",
                        "-e", "trace=%file,connect,bind")));
                FrontEnd vmm = new FrontEnd(Sockets.connect(socket().toString()))) {
            vmm.negotiate(TestVm.ALL, true);
            vmm.setMemory();
            try (TestGuest guest = new TestGuest(vmm)) {
                int ctx = 0;
                for (String name : List.of("../" + marker, "/tmp/" + marker, "@" + marker, "\n" + marker)) {
                    TestVm.assertOk(guest.request(named(++ctx, name)));
                }
                guest.context(++ctx);
                for (int type = 2; type < 40; type++) {
                    assertEquals(TestGuest.ERR_INVALID_PARAMETER, guest.request(TestGuest.init(ctx, 20, type)), "type " + type);
                }
                guest.barrier();
            }
            assertTrue(serving.process.isAlive());
        }
        String traced = Files.readString(trace);
        assertTrue(traced.contains("vm.sock"), "paths are seen");
        assertFalse(traced.contains(marker), traced);
    }

    private static byte[] named(int ctx, String name) {
        byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
        return TestGuest.header(0x200, 96, ctx).putInt(24, bytes.length).putInt(28, 5).put(32, bytes).array();
    }
}
