package dev.wayferry.examples.guestproxy;

import dev.wayferry.bridge.WaylandConnection;
import dev.wayferry.wire.crossdomain.CrossDomain;
import dev.wayferry.wire.crossdomain.CrossDomainSendReceive;
import dev.wayferry.wire.wayland.MalformedMessageException;
import dev.wayferry.wire.wayland.WaylandInterface;
import dev.wayferry.wire.wayland.WaylandMessage;
import dev.wayferry.wire.wayland.WaylandReader;
import dev.wayferry.wire.wayland.WlBuffer;
import dev.wayferry.wire.wayland.WlDisplay;
import dev.wayferry.wire.wayland.WlRegistry;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Objects;
import java.util.Set;

/**
 * From the host to the program: events pass as they are. The proxy looks at them to learn of the objects that the
 * compositor makes and ends, and of buffers that it has finished reading.
 *
 * <p>Files go to the program as they come: in order, and before the bytes, which is all that a receiver asks for.
 */
final class EventTranslator {
    private static final int BUFFER_SIZE = WaylandReader.MAX_MESSAGE_SIZE + 4 + CrossDomain.MAX_RECEIVE_DATA;

    private final WaylandConnection client;
    private final CrossDomainChannel channel;
    private final ObjectTable objects;
    private final HiddenDeletions hidden;
    private final HostFiles files;
    private final Set<String> hiddenGlobals;
    private final GuestProxyCounters counters;
    private final MemorySegment buffer;
    private final WaylandReader reader = new WaylandReader();
    private long buffered;

    EventTranslator(
            WaylandConnection client,
            CrossDomainChannel channel,
            ObjectTable objects,
            HiddenDeletions hidden,
            HostFiles files,
            Set<String> hiddenGlobals,
            GuestProxyCounters counters,
            Arena arena) {
        this.client = client;
        this.channel = channel;
        this.objects = objects;
        this.hidden = hidden;
        this.files = files;
        this.hiddenGlobals = hiddenGlobals;
        this.counters = counters;
        this.buffer = arena.allocate(BUFFER_SIZE, Long.BYTES);
    }

    /**
     * Queues the events of the RECEIVE in the mailbox for the program, which is free again afterwards.
     *
     * @return false when the host has ended the connection
     */
    boolean run() throws IOException, MalformedMessageException {
        CrossDomainSendReceive message = channel.received();
        int fileCount = message.numIdentifiers();
        int length = message.opaqueDataSize();
        if (fileCount < 0 || fileCount > CrossDomain.MAX_IDENTIFIERS || length < 0 || length > CrossDomain.MAX_RECEIVE_DATA) {
            throw new MalformedMessageException("a RECEIVE of " + fileCount + " files and " + length + " bytes");
        }
        counters.receives.increment();
        if (fileCount == 0 && length == 0) {
            return false;
        }
        for (int i = 0; i < fileCount; i++) {
            client.queueFd(files.open(message.identifierTypes(i), message.identifiers(i), message.identifierSizes(i)));
            counters.filesReceived.increment();
        }
        MemorySegment.copy(channel.ring(), CrossDomainSendReceive.LENGTH, buffer, buffered, length);
        buffered += length;
        reader.wrap(buffer, 0, buffered);
        while (reader.next()) {
            counters.events.increment();
            if (translate()) {
                client.queueBytes(buffer, reader.messageOffset(), reader.size());
            }
        }
        long done = reader.consumed();
        buffered -= done;
        MemorySegment.copy(buffer, done, buffer, 0, buffered);
        return true;
    }

    /** Looks at an event; false when the program is not to see it. */
    private boolean translate() throws IOException, MalformedMessageException {
        if (reader.objectId() == ObjectTable.DISPLAY_ID && reader.opcode() == WlDisplay.DELETE_ID_EVENT) {
            int id = reader.readInt();
            if (hidden.take(id)) {
                return false;
            }
            objects.remove(id);
            return true;
        }
        switch (objects.get(reader.objectId())) {
            case ShmBuffer shmBuffer when reader.opcode() == WlBuffer.RELEASE_EVENT -> shmBuffer.busy(false);
            case WaylandObject object -> {
                WaylandInterface type = object.type();
                if (type == WlRegistry.INTERFACE) {
                    return isShown();
                }
                WaylandMessage signature = type == null ? null : type.event(reader.opcode());
                if (signature != null) {
                    noteObjects(object, signature);
                    if (object instanceof Capture capture) {
                        counters.shmBytesCopied.add(capture.event(signature.name()));
                    }
                }
            }
            case null -> {}
        }
        return true;
    }

    /** Whether the program sees a global: not if it is of those that cannot work from a guest. */
    private boolean isShown() throws MalformedMessageException {
        if (reader.opcode() != WlRegistry.GLOBAL_EVENT || hiddenGlobals.isEmpty()) {
            return true;
        }
        reader.readInt();
        return !hiddenGlobals.contains(Objects.requireNonNullElse(reader.readNullableString(), ""));
    }

    private void noteObjects(WaylandObject object, WaylandMessage signature) throws MalformedMessageException {
        if (makesObject(signature)) {
            noteNewObjects(signature);
        }
        if (signature.destructor() && ObjectTable.isServerId(object.id())) {
            objects.remove(object.id());
        }
    }

    private static boolean makesObject(WaylandMessage signature) {
        for (WaylandMessage.Argument argument : signature.arguments()) {
            if (argument.type() == WaylandMessage.NEW_ID) {
                return true;
            }
        }
        return false;
    }

    private void noteNewObjects(WaylandMessage signature) throws MalformedMessageException {
        for (WaylandMessage.Argument argument : signature.arguments()) {
            switch (argument.type()) {
                case WaylandMessage.FD -> {}
                case WaylandMessage.STRING -> reader.readNullableString();
                case WaylandMessage.ARRAY -> reader.readArray();
                case WaylandMessage.NEW_ID -> objects.make(
                        reader.readInt(), Objects.requireNonNullElse(argument.interfaceName(), ""));
                default -> reader.readInt();
            }
        }
    }
}
