package dev.wayferry.examples.bench.backend;

import dev.wayferry.examples.bench.guest.GpuGuest;
import dev.wayferry.examples.bench.guest.Guest;
import dev.wayferry.examples.bench.guest.UnsuitableException;
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
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** {@code wayferry serve}, also in those of its modes that not every machine allows. */
public final class WayferryBackEnd implements BackEnd {
    public static final String NAME = "wayferry";
    private static final String BUSY_POLL = "wayferry-busy-poll";
    private static final String REALTIME = "wayferry-realtime";

    private static final String FORCED_BUSY_POLL = BUSY_POLL + "-forced";

    /** By name. So many microseconds of looking are several times what a round trip takes. */
    private static final Map<String, String> MODES = Map.of(
            BUSY_POLL, "--busy-poll=50", FORCED_BUSY_POLL, "--busy-poll=50,force", REALTIME, "--realtime");

    private static final String STATS_OPTION = "--stats-fd";

    private final String name;

    /** What it is told in this mode; null in its ordinary one. */
    private final @Nullable String mode;

    private WayferryBackEnd(String name, @Nullable String mode) {
        this.name = name;
        this.mode = mode;
    }

    /** As it is by default. */
    public static WayferryBackEnd plain() {
        return new WayferryBackEnd(NAME, null);
    }

    /** That of a name, {@code wayferry} or {@code wayferry-MODE}; null if it is none of ours. */
    public static @Nullable WayferryBackEnd named(String name) {
        String mode = MODES.get(name);
        return name.equals(NAME) ? plain() : mode == null ? null : new WayferryBackEnd(name, mode);
    }

    /** In all the modes that may be refused. */
    public static List<WayferryBackEnd> modes() {
        return List.of(
                new WayferryBackEnd(BUSY_POLL, MODES.get(BUSY_POLL)), new WayferryBackEnd(REALTIME, MODES.get(REALTIME)));
    }

    @Override
    public String name() {
        return name;
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
        return mode == null ? start(options) : start(options.argument(mode), mode);
    }

    /** Where it refuses to run so, for a reason that it says, this machine is not suitable. */
    private static Running start(WayferryProcess.Options options, String mode) throws IOException {
        try {
            return start(options);
        } catch (IOException e) {
            String option = mode.replaceFirst("=.*", "");
            // Its log is behind the command line, which has the option in it too.
            Optional<String> reason = String.valueOf(e.getMessage()).lines()
                    .skip(1)
                    .filter(line -> line.contains(option))
                    .map(line -> line.substring(line.indexOf(option)))
                    .findFirst();
            if (reason.isPresent()) {
                throw new UnsuitableException("refused: " + reason.get());
            }
            throw e;
        }
    }

    private static Running start(WayferryProcess.Options options) throws IOException {
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
