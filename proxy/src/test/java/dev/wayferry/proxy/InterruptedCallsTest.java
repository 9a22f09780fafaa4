package dev.wayferry.proxy;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.Sockets;
import dev.wayferry.proxy.TestCompositor.Connection;
import dev.wayferry.proxy.TestGuest.Message;
import dev.wayferry.proxy.TestGuest.Pending;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Signals that come to the threads which serve, whatever these wait for, as EINTR of their calls. */
class InterruptedCallsTest {
    private static final int ROUNDS = 60;
    private static final int LONG = 250_000;
    private static final int MAX_LONG = 100;
    private static final int SIGNALS = 3_000;
    private static final int SIGNALS_PER_DOT = 100;
    private static final long PATIENCE_SECONDS = 60;

    /**
     * Sends each thread that serves the signal by which the Java runtime suspends threads, and which does nothing to one that
     * it has not asked to; a dot for so many signals that the loop got. For the process of which it is told.
     */
    private static final String INTERRUPTER = """
            use Config;
            $| = 1;
            my $tgkill = $Config{archname} =~ /x86_64/ ? 234 : 131;
            my $process = $ARGV[0] + 0;
            my $looped = 0;
            while (-d "/proc/$process") {
                foreach my $task (glob("/proc/$process/task/*")) {
                    open(my $comm, "<", "$task/comm") or next;
                    my $name = <$comm> // "";
                    close($comm);
                    if ($name =~ /^(loop|vhost-user|keeper|connector|later|closer)/ && $task =~ m{([0-9]+)$}) {
                        my $sent = syscall($tgkill, $process, $1 + 0, 12) == 0;
                        print "." if $sent && $name =~ /^loop/ && ++$looped % %d == 0;
                    }
                }
                select(undef, undef, undef, 0.0002);
            }
            """.replace("%d", String.valueOf(SIGNALS_PER_DOT));

    @TempDir
    private Path folder;

    private final Random random = new Random(31);
    private int longOnes;
    private int nextPipe = 0x8000_0000;

    @Test
    void loseAndDoubleNoByteAndNoFile() throws Exception {
        Path socket = folder.resolve("gpu");
        try (TestCompositor compositor = new TestCompositor(folder);
                CommandLineTest.Serving serving = new CommandLineTest.Serving(CommandLineTest.wayferry(
                        Map.of(), "--socket-path=" + socket, "--wayland-display=" + compositor.path(), "--log-level=info"));
                FrontEnd vmm = new FrontEnd(Sockets.connect(socket.toString()))) {
            vmm.negotiate();
            vmm.setMemory();
            try (TestGuest guest = new TestGuest(vmm)) {
                guest.channel(1);
                try (Connection client = compositor.accept()) {
                    round(guest, client);
                    openAndMap(guest, compositor, 2);
                    Map<String, Integer> before = OpenFds.now(serving.process.pid());
                    interrupt(serving.process.pid(), guest, client, compositor);
                    OpenFds.awaitNoMoreThan(serving.process.pid(), before);
                }
            }
            assertTrue(serving.process.isAlive());
        }
    }

    private void interrupt(long process, TestGuest guest, Connection client, TestCompositor compositor) throws Exception {
        Process interrupter = new ProcessBuilder("perl", "-e", INTERRUPTER, String.valueOf(process))
                .redirectErrorStream(true)
                .start();
        try (InputStream dots = interrupter.getInputStream()) {
            StringBuilder said = new StringBuilder();
            for (int i = 0; i < ROUNDS || said.length() < SIGNALS / SIGNALS_PER_DOT; i++) {
                round(guest, client);
                if (i % 10 == 0) {
                    openAndMap(guest, compositor, 3 + i / 10 % 20);
                }
                assertTrue(interrupter.isAlive(), said::toString);
                said.append(new String(dots.readNBytes(dots.available())));
            }
            assertEquals("", said.toString().replace(".", ""));
        } finally {
            interrupter.destroyForcibly();
            assertTrue(interrupter.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS));
        }
    }

    /** Bytes and pipes both ways, and what is written into the pipes. */
    private void round(TestGuest guest, Connection client) throws IOException {
        boolean isLong = random.nextInt(4) == 0 && longOnes < MAX_LONG;
        longOnes += isLong ? 1 : 0;
        byte[] toHost = bytes(isLong ? LONG : 1 + random.nextInt(5_000));
        Pending send = guest.submit(TestGuest.send(1, toHost, nextPipe++, TestGuest.READ_PIPE));
        assertArrayEquals(toHost, client.read(toHost.length));
        TestVm.assertOk(guest.await(send).type());
        assertEquals(1, client.received.size());
        // The guest's pipe, whose writing end this is: it never had anything in it.
        client.received.removeFirst().close();
        assertEquals(0, read(guest, nextPipe - 1).length);

        byte[] toGuest = bytes(1 + random.nextInt(20_000));
        OwnedFd[] pipe = TestFiles.pipe();
        try (OwnedFd readEnd = pipe[0]) {
            try (OwnedFd writeEnd = pipe[1]) {
                client.send(toGuest, writeEnd.number());
            }
            ByteArrayOutputStream received = new ByteArrayOutputStream();
            List<Integer> pipes = new ArrayList<>();
            while (received.size() < toGuest.length) {
                Message message = guest.receive(1);
                assertTrue(message.data().length > 0, "the end");
                received.writeBytes(message.data());
                Arrays.stream(message.ids()).forEach(pipes::add);
            }
            assertArrayEquals(toGuest, received.toByteArray());
            assertEquals(1, pipes.size());
            String text = "written " + random.nextLong();
            TestVm.assertOk(guest.request(TestGuest.write(1, pipes.getFirst(), text.getBytes(), true)));
            assertEquals(text, TestFiles.read(readEnd));
            assertEquals("", TestFiles.read(readEnd), "the end");
        }
    }

    /** A READ of the guest's pipe of which the other end is closed. */
    private static byte[] read(TestGuest guest, int pipe) {
        Message message = guest.receive(1);
        assertEquals(6, message.cmd());
        assertEquals(pipe, message.identifier());
        assertEquals(1, message.hangUp());
        return message.data();
    }

    private byte[] bytes(int length) {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        return bytes;
    }

    /** A connection comes and goes, and with it a buffer that is mapped for a while. */
    private static void openAndMap(TestGuest guest, TestCompositor compositor, int ctx) throws IOException {
        guest.channel(ctx);
        try (Connection client = compositor.accept()) {
            int image = guest.imageRequirements(ctx, 64, 64).getInt(48);
            int blob = 10_000 + ctx;
            TestVm.assertOk(guest.request(guest.hostBlob(blob, ctx, image, 16384)));
            assertEquals(TestGuest.OK_MAP_INFO, guest.request(TestGuest.map(blob, 0)));
            TestVm.assertOk(guest.request(TestGuest.unmap(blob)));
            TestVm.assertOk(guest.request(TestGuest.unref(blob)));
            TestVm.assertOk(guest.ctxDestroy(ctx));
            TestVm.assertOk(guest.request(TestGuest.unref(TestGuest.ringResource(ctx, 0))));
            TestVm.assertOk(guest.request(TestGuest.unref(TestGuest.ringResource(ctx, 1))));
            assertTrue(client.isHungUp());
        }
    }
}
