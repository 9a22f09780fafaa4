package dev.wayferry.proxy.crossdomain;

import static dev.wayferry.wire.gpu.VirtioGpu.RESP_ERR_INVALID_PARAMETER;
import static dev.wayferry.wire.gpu.VirtioGpu.RESP_OK_NODATA;

import dev.wayferry.posix.Errno;
import dev.wayferry.posix.PosixException;
import dev.wayferry.proxy.gpu.GpuContextHost;
import dev.wayferry.proxy.gpu.GpuRequest;
import dev.wayferry.wire.crossdomain.CrossDomain;
import dev.wayferry.wire.crossdomain.CrossDomainAssignSocketUuid;
import dev.wayferry.wire.crossdomain.CrossDomainEvent;
import dev.wayferry.wire.crossdomain.CrossDomainReadWrite;
import java.lang.foreign.MemorySegment;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The commands for items that the guest has received: WRITE, and what the guest's {@link Dialect} has behind it. */
final class ItemCommands {
    /** Why sentinels, futexes and virtio-fs handles can't be had. */
    static final String NO_EXPORT_TABLE =
            "which names a file in another device's export table, and a vhost-user process has none";

    private static final Logger LOG = LoggerFactory.getLogger(ItemCommands.class);

    private final String name;
    private final CrossDomainFactory shared;
    private final GpuContextHost host;
    private final Channel channel;
    private final Items items;
    private final CrossDomainReadWrite writeCommand = new CrossDomainReadWrite();
    private final CrossDomainEvent eventCommand = new CrossDomainEvent();
    private final CrossDomainAssignSocketUuid uuidCommand = new CrossDomainAssignSocketUuid();

    ItemCommands(String name, CrossDomainFactory shared, GpuContextHost host, Channel channel, Items items) {
        this.name = name;
        this.shared = shared;
        this.host = host;
        this.channel = channel;
        this.items = items;
    }

    /** Executes a command of which {@code fixed} bytes lie in the request's first piece, and answers it. */
    void execute(GpuRequest request, int cmd, int fixed) {
        if (cmd == CrossDomain.CMD_WRITE) {
            write(request, fixed);
            return;
        }
        Dialect dialect = channel.dialect();
        String command = CrossDomain.commandName(cmd);
        String wrong;
        if (dialect.needsExportTable(cmd)) {
            wrong = command + ", " + NO_EXPORT_TABLE;
        } else if (cmd == CrossDomain.CMD_READ_CREATE_EVENT && dialect.hasEvents()) {
            wrong = watchEvent(request, fixed);
        } else if (cmd == CrossDomain.CMD_READ_EVENTFD_DESTROY && dialect == Dialect.LIBKRUN) {
            wrong = dropEvent(request, fixed);
        } else if (cmd == CrossDomain.CMD_ASSIGN_SOCKET_UUID && dialect.hasSockets()) {
            wrong = assignUuid(request, fixed);
        } else {
            wrong = command + " is unknown after an INIT as this guest's, or not a guest's to send";
        }
        finish(request, wrong);
    }

    private void finish(GpuRequest request, @Nullable String wrong) {
        if (wrong != null) {
            shared.log.warn(LOG, "{}: {}", name, wrong);
        }
        request.respond(wrong == null ? RESP_OK_NODATA : RESP_ERR_INVALID_PARAMETER);
    }

    private void write(GpuRequest request, int fixed) {
        if (fixed < CrossDomainReadWrite.LENGTH) {
            finish(request, "WRITE of " + fixed + " bytes");
            return;
        }
        writeCommand.wrap(request.fixed(), CrossDomainContext.COMMAND_OFFSET);
        int id = writeCommand.identifier();
        int dataOffset = CrossDomainContext.COMMAND_OFFSET + CrossDomainReadWrite.LENGTH;
        long length = Integer.toUnsignedLong(writeCommand.opaqueDataSize());
        boolean hangUp = writeCommand.hangUp() != 0;
        if (length > WritePipe.MAX_LENGTH || dataOffset + length > request.chain().readableLength()) {
            finish(request, "WRITE of " + length + " bytes in a request of " + request.chain().readableLength());
            return;
        }
        EventFile event = items.useEvent(id);
        if (event != null) {
            // What was sent before it goes first.
            shared.batch.begin(null);
            finish(request, signal(request, id, event, dataOffset, length, hangUp));
        } else if (!(items.get(id) instanceof WritePipe pipe) || pipe.isHungUp()) {
            finish(request, "WRITE names identifier " + Integer.toUnsignedString(id) + ", which can't be written to");
        } else {
            writeToPipe(request, id, pipe, dataOffset, (int) length, hangUp);
        }
    }

    private void writeToPipe(GpuRequest request, int id, WritePipe pipe, int dataOffset, int length, boolean hangUp) {
        pipe.write(request, dataOffset, length, hangUp, host.moreComes());
        if (pipe.isDone()) {
            items.drop(id);
        }
    }

    /** Signals an eventfd, and drops it only if the guest hangs up, whatever else is wrong. */
    private @Nullable String signal(
            GpuRequest request, int id, EventFile event, int dataOffset, long length, boolean hangUp) {
        String wrong = null;
        MemorySegment value = shared.staging.asSlice(0, EventFile.LENGTH);
        if (length == EventFile.LENGTH && request.chain().read(dataOffset, value, 0, EventFile.LENGTH) == length) {
            long result = event.signal(value);
            wrong = result == length ? null : "WRITE to eventfd " + id + ": " + Errno.name((int) result);
        } else if (length != 0 || !hangUp) {
            wrong = "WRITE of " + length + " bytes to eventfd " + id + ", which takes " + EventFile.LENGTH;
        }
        if (hangUp) {
            items.drop(id);
        }
        return wrong;
    }

    private @Nullable String watchEvent(GpuRequest request, int fixed) {
        EventFile event = event(request, fixed);
        if (event == null) {
            return "READ_CREATE_EVENT names no eventfd";
        }
        try {
            items.watch(eventCommand.id(), event);
            return null;
        } catch (PosixException e) {
            return "READ_CREATE_EVENT: " + e.getMessage();
        }
    }

    private @Nullable String dropEvent(GpuRequest request, int fixed) {
        if (event(request, fixed) == null) {
            return "READ_EVENTFD_DESTROY names no eventfd";
        }
        items.drop(eventCommand.id());
        return null;
    }

    private @Nullable EventFile event(GpuRequest request, int fixed) {
        if (fixed < CrossDomainEvent.LENGTH) {
            return null;
        }
        return items.useEvent(eventCommand.wrap(request.fixed(), CrossDomainContext.COMMAND_OFFSET).id());
    }

    private @Nullable String assignUuid(GpuRequest request, int fixed) {
        if (fixed < CrossDomainAssignSocketUuid.LENGTH) {
            return "ASSIGN_SOCKET_UUID of " + fixed + " bytes";
        }
        uuidCommand.wrap(request.fixed(), CrossDomainContext.COMMAND_OFFSET);
        int id = uuidCommand.id();
        UUID uuid = uuidCommand.socketUuid();
        if (!(items.get(id) instanceof Item.ReceivedSocket received)) {
            return "ASSIGN_SOCKET_UUID names identifier " + Integer.toUnsignedString(id) + ", which is no socket";
        }
        if (!shared.sockets.put(uuid, received.socket())) {
            return "ASSIGN_SOCKET_UUID: " + uuid + " is the name of another socket";
        }
        items.remove(id);
        return null;
    }
}
