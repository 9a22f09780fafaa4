package dev.wayferry.examples.bench.workload;

import dev.wayferry.examples.bench.compositor.BenchProtocol;
import dev.wayferry.examples.bench.guest.Finished;
import dev.wayferry.examples.bench.guest.Guest;
import dev.wayferry.examples.bench.guest.GpuGuest;
import dev.wayferry.examples.bench.guest.Pipes;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** The ways in which a context can be in the way of others. */
final class Nuisances {
    private static final int SLOTS = 16;
    private static final long AS_FAST_AS_IT_GOES = 0;

    /** More than sockets, pipes and what back-ends put before them take. */
    private static final int FILL_BYTES = 16 << 20;

    /** What has not come back by then waits. */
    private static final long PATIENCE_NANOS = 5_000_000;

    private Nuisances() {}

    /** One connection, which sends something of {@link BenchProtocol} first. */
    private abstract static class OneConnection extends Nuisance {
        final List<Integer> freeSlots = new ArrayList<>();
        int connection;

        OneConnection(GpuGuest guest) {
            super(guest);
        }

        void open(int opcode, int length) throws IOException {
            connection = guest.open(1 + SLOTS);
            freeSlots.clear();
            for (int slot = 1; slot <= SLOTS; slot++) {
                freeSlots.add(slot);
            }
            GuestSession.putHeader(guest, connection, 0, BenchProtocol.OBJECT, opcode, length);
        }

        /** Sends what {@link #open} has prepared. */
        void ask(int length) throws IOException {
            guest.send(connection, 0, length);
            guest.finish(connection);
            guest.expectErrors(connection);
        }

        @Override
        void finished(int finished) throws IOException {
            super.finished(finished);
            if (Finished.kind(finished) == Finished.SEND) {
                freeSlots.add(Finished.slot(finished));
            }
        }

        int takeSlot() {
            return freeSlots.removeLast();
        }

        @Override
        void end() throws IOException {
            guest.close(connection);
        }
    }

    /** Sends to a compositor that does not read what this one says. */
    static final class StuckReader extends OneConnection {
        StuckReader(GpuGuest guest) {
            super(guest);
        }

        @Override
        void begin() throws IOException {
            open(BenchProtocol.STALL, BenchProtocol.STALL_LENGTH);
            ask(BenchProtocol.STALL_LENGTH);
            fill(FILL_BYTES / Guest.MAX_PAYLOAD, PATIENCE_NANOS);
        }

        @Override
        boolean more() throws IOException {
            guest.send(connection, takeSlot(), Guest.MAX_PAYLOAD);
            return true;
        }
    }

    /** Never POLLs, while the compositor sends it as much as goes. */
    static final class NoPoll extends OneConnection {
        NoPoll(GpuGuest guest) {
            super(guest);
        }

        @Override
        void begin() throws IOException {
            open(BenchProtocol.STREAM, BenchProtocol.STREAM_LENGTH);
            StreamToGuestWorkload.putStream(guest, connection, Integer.MAX_VALUE, 1, AS_FAST_AS_IT_GOES);
            ask(BenchProtocol.STREAM_LENGTH);
        }
    }

    /** Writes to a pipe that nobody reads. */
    static final class StuckPipe extends OneConnection {
        StuckPipe(GpuGuest guest) {
            super(guest);
        }

        @Override
        void begin() throws IOException {
            open(BenchProtocol.CLOG, BenchProtocol.CLOG_LENGTH);
            guest.poll(connection);
            ask(BenchProtocol.CLOG_LENGTH);
            guest.pipes().openForWriting(connection, SLOTS);
            fill(FILL_BYTES / Pipes.MAX_WRITE, PATIENCE_NANOS);
        }

        @Override
        boolean more() throws IOException {
            guest.pipes().write(connection, takeSlot(), Pipes.MAX_WRITE);
            return true;
        }
    }

    /** Several connections to a socket whose owner accepts none, so that whoever connects hangs. */
    static final class HangingConnect extends Nuisance {
        private static final int CONNECTIONS = 4;

        private final int channelType;
        private final List<Integer> connections = new ArrayList<>();

        HangingConnect(GpuGuest guest, int channelType) {
            super(guest);
            this.channelType = channelType;
        }

        @Override
        void begin() throws IOException {
            for (int i = 0; i < CONNECTIONS; i++) {
                int connection = guest.open(1, channelType);
                guest.expectErrors(connection);
                connections.add(connection);
            }
            guest.kick();
        }

        @Override
        boolean more() throws IOException {
            guest.send(connections.getFirst(), 0, 1);
            return true;
        }

        @Override
        void end() throws IOException {
            for (int connection : connections) {
                guest.close(connection);
            }
            connections.clear();
        }
    }
}
