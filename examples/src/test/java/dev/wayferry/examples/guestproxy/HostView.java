package dev.wayferry.examples.guestproxy;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.wayferry.wire.crossdomain.CrossDomain;
import dev.wayferry.wire.wayland.MalformedMessageException;
import dev.wayferry.wire.wayland.WaylandReader;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;

/** What the host's compositor reads: the requests of all SENDs in order, and the files beside them. */
final class HostView {
    /** A file as the host knows it. */
    record File(int type, int id) {}

    private final ScriptedGpu.Context context;
    private final MemorySegment buffer = Arena.ofAuto().allocate(4 << 20);
    private final WaylandReader reader = new WaylandReader();
    private final ArrayDeque<File> files = new ArrayDeque<>();
    private final ArrayDeque<ScriptedGpu.Command> writes = new ArrayDeque<>();
    private long end;

    HostView(ScriptedGpu.Context context) {
        this.context = context;
    }

    /** Waits for the next request and goes to it. */
    WaylandReader next() throws InterruptedException, MalformedMessageException {
        while (!reader.next()) {
            take();
        }
        return reader;
    }

    /** Waits for the next request, which must be for that object and of that opcode. */
    WaylandReader expect(int object, int opcode) throws InterruptedException, MalformedMessageException {
        WaylandReader request = next();
        if (request.objectId() != object || request.opcode() != opcode) {
            throw new AssertionError("request " + request.opcode() + " of object " + request.objectId()
                    + " instead of " + opcode + " of " + object);
        }
        return request;
    }

    /** The next file, which must have come by now. */
    File file() {
        File file = files.poll();
        if (file == null) {
            throw new AssertionError("a request's file is missing");
        }
        return file;
    }

    int filesLeft() {
        return files.size();
    }

    /** Waits for the next WRITE. */
    ScriptedGpu.Command nextWrite() throws InterruptedException {
        while (writes.isEmpty()) {
            take();
        }
        return writes.remove();
    }

    private void take() throws InterruptedException {
        ScriptedGpu.Command command = context.next();
        if (command.cmd() == CrossDomain.CMD_WRITE) {
            writes.add(command);
            return;
        }
        for (int i = 0; i < command.ids().size(); i++) {
            files.add(new File(command.types().get(i), command.ids().get(i)));
        }
        MemorySegment.copy(command.data(), 0, buffer, JAVA_BYTE, end, command.data().length);
        long start = reader.consumed();
        end += command.data().length;
        reader.wrap(buffer, start, end - start);
    }
}
