package dev.wayferry.examples.bench.backend;

import dev.wayferry.examples.bench.guest.GpuGuest;
import dev.wayferry.examples.bench.guest.Guest;
import dev.wayferry.examples.host.WayferryProcess;
import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.Posix;
import dev.wayferry.posix.PosixException;
import dev.wayferry.posix.Sockets;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@code wayferry serve}. */
public final class WayferryBackEnd implements BackEnd {
    public static final String NAME = "wayferry";

    private static final String STATS_OPTION = "--stats-fd";

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public boolean isGpu() {
        return true;
    }

    @Override
    public Running start(Path folder, String name, Path wayland) throws IOException {
        return start(folder, name, wayland, List.of());
    }

    @Override
    public Running start(Path folder, String name, Path wayland, List<String> arguments) throws IOException {
        WayferryProcess.Options options =
                WayferryProcess.in(folder).vmName(name).waylandDisplay(wayland.toString());
        for (String argument : arguments) {
            options = options.argument(argument);
        }
        if (!WayferryProcess.offers(STATS_OPTION)) {
            return new Host(options.start(), null);
        }
        OwnedFd[] ends = Sockets.pair();
        try (OwnedFd theirs = ends[1]) {
            return new Host(options.argument(STATS_OPTION + "=0").standardInput(theirs).start(), ends[0]);
        } catch (IOException | RuntimeException e) {
            ends[0].close();
            throw e;
        }
    }

    /** A host process, and the socket at which it tells of itself if it does so. */
    private record Host(WayferryProcess process, @Nullable OwnedFd stats) implements Running {
        private static final int LINE_ROOM = 4096;

        @Override
        public long pid() {
            return process.pid();
        }

        @Override
        public Path socket() {
            return process.socket();
        }

        @Override
        public String log() throws IOException {
            return process.log();
        }

        @Override
        public @Nullable OwnFigures ownFigures() throws IOException {
            return stats == null ? null : OwnFigures.parse(line(stats.number()));
        }

        /** What it answers to one byte: one line. */
        private static String line(int socket) throws IOException {
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment line = arena.allocate(LINE_ROOM);
                PosixException.check(Posix.write(socket, line.asSlice(0, 1)), "write to " + STATS_OPTION);
                long filled = 0;
                while (filled == 0 || line.get(ValueLayout.JAVA_BYTE, filled - 1) != '\n') {
                    long count = PosixException.check(
                            Posix.read(socket, line.asSlice(filled)), "read from " + STATS_OPTION);
                    if (count == 0) {
                        throw new IOException(STATS_OPTION + " ended within a line");
                    }
                    filled += count;
                }
                return new String(
                        line.asSlice(0, filled).toArray(ValueLayout.JAVA_BYTE), StandardCharsets.UTF_8);
            }
        }

        @Override
        public void close() throws IOException {
            if (stats != null) {
                stats.close();
            }
            process.close();
        }
    }

    @Override
    public Guest connect(Path socket) throws IOException {
        return GpuGuest.connect(socket);
    }
}
