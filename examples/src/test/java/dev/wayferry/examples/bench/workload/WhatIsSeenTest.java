package dev.wayferry.examples.bench.workload;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wayferry.examples.bench.backend.BackEnd;
import dev.wayferry.examples.bench.backend.FloorBackEnd;
import dev.wayferry.examples.bench.backend.Running;
import dev.wayferry.examples.bench.backend.ServerProcess;
import dev.wayferry.examples.bench.compositor.Arrivals;
import dev.wayferry.examples.bench.compositor.EchoCompositor;
import dev.wayferry.examples.bench.guest.Guest;
import dev.wayferry.examples.bench.guest.Picture;
import dev.wayferry.examples.bench.guest.Pictures;
import dev.wayferry.examples.bench.guest.Pipes;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.util.function.UnaryOperator;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** That pictures and bytes are really looked at: what does not arrive as it was sent fails the run. Beside the floor. */
class WhatIsSeenTest {
    private static final int SIDE = 64;
    private static final long PERIOD_NANOS = 1_000_000;
    private static final int FRAMES = 5;

    @TempDir
    Path folder;

    @SuppressWarnings("NullAway.Init")
    private Arrivals arrivals;

    @SuppressWarnings("NullAway.Init")
    private ServerProcess compositor;

    @SuppressWarnings("NullAway.Init")
    private Running process;

    @SuppressWarnings("NullAway.Init")
    private Guest guest;

    private final BackEnd floor = new FloorBackEnd();
    private final Histogram latencies = Latencies.histogram();

    @BeforeEach
    void start() throws IOException {
        arrivals = Arrivals.create();
        compositor = ServerProcess.start(folder.resolve("wayland"), EchoCompositor.class, arrivals.path());
        process = floor.start(folder, "floor", compositor.socket());
        guest = floor.connect(process.socket());
    }

    @AfterEach
    void stop() throws IOException {
        guest.close();
        process.close();
        compositor.close();
        arrivals.close();
    }

    private Subject subject(Guest which) {
        return new Subject(floor, process, which, folder, compositor.socket(), arrivals);
    }

    private FramesSession frames(Guest which) throws IOException {
        return new FramesSession(subject(which), Pictures.Kind.SHM, SIDE, SIDE, PERIOD_NANOS);
    }

    @Test
    void framesThatArriveAreCounted() throws IOException {
        try (FramesSession session = frames(guest)) {
            assertTrue(session.run(FRAMES, latencies) > 0);
            assertTrue(session.run(FRAMES, latencies) > 0);
        }
        assertEquals(2 * FRAMES, latencies.getTotalCount());
    }

    @Test
    void aFrameThatTheCompositorDoesNotSeeFailsTheRun() throws IOException {
        // The guest draws into memory that is not the one it sends.
        Guest elsewhere = with(guest, Guest.class, "pictures", made -> with(made, Pictures.class, "make", picture -> {
            Picture real = (Picture) picture;
            MemorySegment other = MemorySegment.ofArray(new int[SIDE * SIDE]);
            return new Picture(
                    other, real.stride(), real.fileOffset(), real.fileSize(), real.modifier(), real.blob());
        }));
        // It is freed as what it is not, which the floor's guest only keeps for another picture.
        try (FramesSession session = frames(elsewhere)) {
            IOException failure = assertThrows(IOException.class, () -> session.run(FRAMES, latencies));
            assertTrue(String.valueOf(failure.getMessage()).contains("frame 0"), failure::toString);
        }
    }

    @Test
    void everyByteOfAPipeToTheGuestIsLookedAt() throws IOException {
        try (Workload.Session session = new PipeToGuestWorkload().open(subject(guest))) {
            assertTrue(session.run(1, latencies) > 0);
        }
        Guest disturbed = with(guest, Guest.class, "pipes", pipes -> with(pipes, Pipes.class, "data", at -> {
            flip((long) at);
            return at;
        }));
        try (Workload.Session session = new PipeToGuestWorkload().open(subject(disturbed))) {
            IOException failure = assertThrows(IOException.class, () -> session.run(1, latencies));
            assertTrue(String.valueOf(failure.getMessage()).contains("wrong bytes"), failure::toString);
        }
    }

    @Test
    void everyByteOfAPipeToTheHostIsLookedAt() throws IOException {
        try (Workload.Session session = new PipeToHostWorkload().open(subject(guest))) {
            assertTrue(session.run(1, latencies) > 0);
        }
        // The first byte of a payload is changed after it was put there: the next payload goes elsewhere.
        Guest disturbed = with(guest, Guest.class, "pipes", pipes -> beforeWrite((Pipes) pipes));
        try (Workload.Session session = new PipeToHostWorkload().open(subject(disturbed))) {
            IOException failure = assertThrows(IOException.class, () -> session.run(1, latencies));
            assertTrue(String.valueOf(failure.getMessage()).contains("wrong bytes"), failure::toString);
        }
    }

    private Pipes beforeWrite(Pipes pipes) {
        return proxy(Pipes.class, (_, method, arguments) -> {
            if (method.getName().equals("write")) {
                flip(pipes.payload((int) arguments[0], (int) arguments[1]));
            }
            return call(pipes, method, arguments);
        });
    }

    private void flip(long at) {
        byte was = guest.memory().get(ValueLayout.JAVA_BYTE, at);
        guest.memory().set(ValueLayout.JAVA_BYTE, at, (byte) ~was);
    }

    /** {@code target} with another result of the method called {@code name}. */
    private static <T> T with(Object target, Class<T> type, String name, UnaryOperator<Object> other) {
        return proxy(type, (_, method, arguments) -> {
            Object result = call(target, method, arguments);
            return method.getName().equals(name) ? other.apply(result) : result;
        });
    }

    private static <T> T proxy(Class<T> type, InvocationHandler handler) {
        return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, handler));
    }

    private static Object call(Object target, Method method, Object[] arguments) throws Throwable {
        try {
            return method.invoke(target, arguments);
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }
}
