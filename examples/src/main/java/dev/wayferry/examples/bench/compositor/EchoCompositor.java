package dev.wayferry.examples.bench.compositor;

import dev.wayferry.bridge.UnixListener;
import dev.wayferry.examples.bench.TimerSlack;
import dev.wayferry.posix.CompilerThreads;
import dev.wayferry.posix.Epoll;
import dev.wayferry.posix.PosixException;
import dev.wayferry.posix.PreciseWait;
import dev.wayferry.posix.SocketMessage;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The compositor of measurements: one loop that reads, answers and writes, and does nothing else. It answers
 * {@code wl_display.sync} and what {@link BenchProtocol} lists, and looks at the pictures that are committed.
 */
public final class EchoCompositor {
    private static final int MAX_EVENTS = 64;
    private static final int LISTENER = -1;

    private final UnixListener listener;
    private final Arrivals arrivals;
    private final Epoll epoll;
    private final PreciseWait precise;
    private final SocketMessage message;
    private final EchoPipes pipes;
    private final List<@Nullable EchoClient> clients = new ArrayList<>();
    /** Those that asked for a stream which is not over. */
    private final List<EchoClient> streaming = new ArrayList<>();

    private EchoCompositor(UnixListener listener, Arrivals arrivals, Arena arena) throws PosixException {
        this.listener = listener;
        this.arrivals = arrivals;
        this.epoll = new Epoll(MAX_EVENTS, arena);
        this.precise = new PreciseWait(arena);
        this.message = new SocketMessage(1, arena);
        this.pipes = new EchoPipes(epoll, arena);
        PosixException.check(epoll.add(listener.fd(), Epoll.EPOLLIN, LISTENER), "epoll_ctl of the listener");
    }

    /** {@code SOCKET ARRIVALS}: listens at the first path, and keeps the {@link Arrivals} of the second, until killed. */
    public static void main(String[] args) throws IOException {
        TimerSlack.reduce();
        CompilerThreads.giveWay();
        try (Arena arena = Arena.ofConfined();
                Arrivals arrivals = Arrivals.open(args[1]);
                UnixListener listener = UnixListener.bind(Path.of(args[0]))) {
            new EchoCompositor(listener, arrivals, arena).run();
        }
    }

    private void run() throws IOException {
        while (true) {
            int events = await();
            for (int i = 0; i < events; i++) {
                int index = (int) epoll.data(i);
                if (index == LISTENER) {
                    accept();
                } else if (index <= EchoPipes.FIRST) {
                    servePipe(index);
                } else {
                    serve(index, epoll.events(i));
                }
            }
            if (!streaming.isEmpty()) {
                stream();
            }
        }
    }

    private int await() throws PosixException {
        if (streaming.isEmpty()) {
            return epoll.await(-1);
        }
        long now = System.nanoTime();
        long nanos = Long.MAX_VALUE;
        for (int i = 0; i < streaming.size(); i++) {
            EchoClient client = streaming.get(i);
            EventStream stream = client.stream;
            if (stream != null && !client.isBlocked()) {
                nanos = Math.min(nanos, Math.max(0, stream.due() - now));
            }
        }
        if (nanos == Long.MAX_VALUE) {
            return epoll.await(-1);
        }
        if (nanos > 0) {
            int unused = precise.await(epoll.fd(), nanos);
        }
        return epoll.await(0);
    }

    private void accept() throws IOException {
        EchoClient client = new EchoClient(listener.accept().socket(), message, arrivals, pipes);
        int index = clients.indexOf(null);
        if (index < 0) {
            index = clients.size();
            clients.add(null);
        }
        clients.set(index, client);
        PosixException.check(epoll.add(client.fd(), client.interest, index), "epoll_ctl of a client");
    }

    private void serve(int index, int events) {
        EchoClient client = clients.get(index);
        if (client == null) {
            return;
        }
        boolean streamed = client.stream != null;
        try {
            boolean open = (events & ~Epoll.EPOLLOUT) == 0 || client.read();
            client.run();
            if (!open || !client.flush()) {
                end(index, client);
                return;
            }
            if (client.stream != null && !streamed) {
                streaming.add(client);
            }
            watch(index, client);
        } catch (IOException | IllegalArgumentException e) {
            System.err.println("echo-compositor: client " + index + ": " + e.getMessage());
            end(index, client);
        }
    }

    private void servePipe(int data) throws PosixException {
        EchoClient client = pipes.serve(data);
        if (client != null) {
            int index = clients.indexOf(client);
            if (client.flush()) {
                watch(index, client);
            } else {
                end(index, client);
            }
        }
    }

    private void watch(int index, EchoClient client) throws PosixException {
        int wanted = client.wantedInterest();
        if (wanted != client.interest) {
            PosixException.check(epoll.modify(client.fd(), wanted, index), "epoll_ctl");
            client.interest = wanted;
        }
    }

    private void end(int index, EchoClient client) {
        int unused = epoll.remove(client.fd());
        streaming.remove(client);
        pipes.forget(client);
        clients.set(index, null);
        client.close();
    }

    private void stream() throws PosixException {
        long now = System.nanoTime();
        for (int i = streaming.size() - 1; i >= 0; i--) {
            EchoClient client = streaming.get(i);
            EventStream stream = client.stream;
            if (stream == null || client.isBlocked()) {
                continue;
            }
            stream.produce(client, now);
            boolean open = client.flush();
            int index = clients.indexOf(client);
            if (!open) {
                end(index, client);
                continue;
            }
            if (stream.isOver()) {
                client.stream = null;
                streaming.remove(i);
            }
            watch(index, client);
        }
    }
}
