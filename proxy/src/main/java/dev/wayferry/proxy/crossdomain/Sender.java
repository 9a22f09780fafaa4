package dev.wayferry.proxy.crossdomain;

import static dev.wayferry.wire.gpu.VirtioGpu.RESP_ERR_INVALID_PARAMETER;
import static dev.wayferry.wire.gpu.VirtioGpu.RESP_OK_NODATA;

import dev.wayferry.posix.Errno;
import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.Posix;
import dev.wayferry.posix.PosixException;
import dev.wayferry.posix.SocketMessage;
import dev.wayferry.proxy.gpu.GpuContextHost;
import dev.wayferry.proxy.gpu.GpuRequest;
import dev.wayferry.proxy.gpu.GpuResource;
import dev.wayferry.proxy.gpu.NumberedTable;
import dev.wayferry.proxy.stats.Counter;
import dev.wayferry.wire.crossdomain.CrossDomain;
import dev.wayferry.wire.crossdomain.CrossDomainHeader;
import dev.wayferry.wire.crossdomain.CrossDomainSendReceive;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The way from the guest to the compositor: SEND.
 *
 * <p>SENDs keep their order. One that has to wait (for a blob that is still being made, or for room) holds back those
 * behind it, of this context only. What it names it names when it arrives, whatever the guest does with those numbers
 * while it waits. A SEND that fails leaves a hole in the stream, after which no byte of it means anything: so it ends the
 * channel.
 */
final class Sender {
    private static final Logger LOG = LoggerFactory.getLogger(Sender.class);

    /** Bytes of one SEND; guest proxies send a few thousand. */
    private static final int MAX_LENGTH = 1 << 20;

    private final String name;
    private final CrossDomainFactory shared;
    private final GpuContextHost host;
    private final Channel channel;
    private final Items items;
    private final NumberedTable<GpuResource> attached;
    private final Receiver receiver;
    private final Runnable ready;
    private final Runnable filesMade = this::filesMade;
    private final ArrayDeque<HeldSend> held = new ArrayDeque<>();
    private final CrossDomainSendReceive sendCommand = new CrossDomainSendReceive();
    private final CrossDomainHeader command = new CrossDomainHeader();

    /** The files that the SEND at hand names, in order: descriptors, or a resource whose file is still being made. */
    private final int[] files = new int[CrossDomain.MAX_IDENTIFIERS];

    private final @Nullable GpuResource[] unmade = new GpuResource[CrossDomain.MAX_IDENTIFIERS];

    /** The resources that are named; null for pipes. */
    private final @Nullable GpuResource[] named = new GpuResource[CrossDomain.MAX_IDENTIFIERS];

    /** Through which everything goes where guest blobs are copied; null where the compositor shares them, or has none. */
    private @Nullable InspectedPath inspected;

    /** Write ends of pipes among them, which are ours and closed once the SEND has gone; the other files are resources'. */
    private final int[] writeEnds = new int[CrossDomain.MAX_IDENTIFIERS];

    private int fileCount;
    private int unmadeCount;
    private int writeEndCount;
    private boolean formKnown;

    Sender(
            String name,
            CrossDomainFactory shared,
            GpuContextHost host,
            Channel channel,
            Items items,
            NumberedTable<GpuResource> attached,
            Receiver receiver,
            Runnable ready) {
        this.name = name;
        this.shared = shared;
        this.host = host;
        this.channel = channel;
        this.items = items;
        this.attached = attached;
        this.receiver = receiver;
        this.ready = ready;
    }

    /** The channel is one to a compositor, whose shared memory is mirrored. Before the first SEND. */
    void inspect(InspectedPath path) {
        inspected = path;
    }

    /** Sends now, or keeps the request for later; what it names is looked up now in either case. */
    void send(GpuRequest request) {
        if (receiver.isEnded()) {
            request.respond(RESP_ERR_INVALID_PARAMETER);
            return;
        }
        int fixed = request.fixedLength() - CrossDomainContext.COMMAND_OFFSET;
        sendCommand.wrap(request.fixed(), CrossDomainContext.COMMAND_OFFSET);
        if (!formKnown && fixed >= CrossDomainSendReceive.SHORT_LENGTH) {
            learnForm(request);
        }
        if (fixed < sendCommand.length()) {
            breakStream(request, "SEND of " + fixed + " bytes, at least " + sendCommand.length());
            return;
        }
        int count = sendCommand.numIdentifiers();
        long length = Integer.toUnsignedLong(sendCommand.opaqueDataSize());
        long offset = CrossDomainContext.COMMAND_OFFSET + sendCommand.length();
        if (count < 0 || count > sendCommand.capacity() || length > MAX_LENGTH || offset + length > request.chain().readableLength()
                || (count > 0 && length == 0)) {
            breakStream(request, String.format(
                    "SEND of %d bytes with %d identifiers in a request of %d bytes",
                    length, Integer.toUnsignedLong(count), request.chain().readableLength()));
            return;
        }
        String wrong = findFiles(count);
        if (wrong != null) {
            breakStream(request, wrong);
        } else if (length == 0) {
            request.respond(RESP_OK_NODATA);
        } else {
            int taken = held.isEmpty() && unmadeCount == 0 ? sendNow(request, offset, (int) length) : 0;
            if (taken < 0 || taken == length) {
                answer(request, length, taken);
            } else if (!shared.held.hasRoom(held.size(), 1)) {
                breakStream(request, channel.peer() + " does not read and too much waits for it");
            } else {
                HeldSend waiting = new HeldSend(request, offset, (int) length, fileCount);
                if (taken == 0) {
                    addFiles(waiting);
                }
                waiting.advance(taken);
                held.add(waiting);
                shared.hold();
            }
        }
        for (int i = 0; i < writeEndCount; i++) {
            Posix.close(writeEnds[i]);
        }
        writeEndCount = 0;
    }

    private int sendNow(GpuRequest request, long offset, int length) {
        if (inspected != null) {
            return inspected.send(request, offset, length, files, named, fileCount);
        }
        SocketMessage message = channel.message().clear();
        for (int i = 0; i < fileCount; i++) {
            // There are fewer than a message has room for.
            boolean unused = message.addFd(files[i]);
        }
        return channel.send(request.chain(), offset, length);
    }

    private void addFiles(HeldSend waiting) {
        for (int i = 0; i < fileCount; i++) {
            GpuResource resource = unmade[i];
            if (resource == null) {
                waiting.file(i, files[i], named[i]);
            } else {
                unmade[i] = null;
                waiting.fileBeingMade(i, resource);
                resource.whenSettled(filesMade);
            }
        }
    }

    private void filesMade() {
        held.forEach(HeldSend::takeMade);
        ready.run();
    }

    /** Sends what waits, as far as it can go now. */
    void flush() {
        int result = channel.flush();
        if (result < 0) {
            shared.log.info(LOG, "{}: {} takes no more: {}", name, channel.peer(), Errno.name(result));
            if (isHangUp(result)) {
                receiver.compositorGone();
            } else {
                // What comes now must not go to a socket that misses what came before.
                receiver.end();
            }
        }
        while (!held.isEmpty() && trySend(held.getFirst())) {
            held.removeFirst().closeFiles();
            shared.letGo(1);
        }
    }

    /** Sends and answers; false when the request has to wait on. */
    private boolean trySend(HeldSend first) {
        String wrong = first.wrong();
        if (receiver.isEnded()) {
            first.request().respond(RESP_ERR_INVALID_PARAMETER);
        } else if (wrong != null) {
            breakStream(first.request(), wrong);
        } else if (first.isBeingMade()) {
            return false;
        } else {
            int taken;
            if (inspected != null) {
                taken = first.sendBy(inspected);
            } else {
                first.addTo(channel.message().clear());
                taken = channel.send(first.request().chain(), first.offset(), first.length());
            }
            if (taken >= 0 && taken < first.length()) {
                first.advance(taken);
                return false;
            }
            answer(first.request(), first.length(), taken);
        }
        return true;
    }

    /** Answers a SEND of which {@code length} bytes were sent with this result. */
    private void answer(GpuRequest request, long length, int result) {
        if (isHangUp(result)) {
            // The compositor has hung up. What it said before is still to be read, and then the end.
            receiver.compositorGone();
            request.respond(RESP_ERR_INVALID_PARAMETER);
        } else if (inspected != null && inspected.refusal() != null) {
            breakStream(request, String.valueOf(inspected.refusal()));
        } else if (result < 0) {
            breakStream(request, "SEND of " + length + " bytes: " + Errno.name(result));
        } else {
            shared.counters.add(Counter.MESSAGES_SENT, 1);
            request.respond(RESP_OK_NODATA);
        }
    }

    private static boolean isHangUp(int result) {
        return result == -Errno.EPIPE || result == -Errno.ECONNRESET;
    }

    /** The first SEND says which form of SEND and RECEIVE the guest knows. */
    private void learnForm(GpuRequest request) {
        command.wrap(request.fixed(), CrossDomainContext.COMMAND_OFFSET);
        if (command.cmdSize() - Integer.toUnsignedLong(sendCommand.opaqueDataSize()) == CrossDomainSendReceive.SHORT_LENGTH) {
            sendCommand.useShortForm();
            receiver.useShortForm();
        }
        formKnown = true;
    }

    /** Finds the files that the identifiers name; null, or what is wrong. */
    private @Nullable String findFiles(int count) {
        fileCount = 0;
        unmadeCount = 0;
        for (int i = 0; i < count; i++) {
            int id = sendCommand.identifiers(i);
            int type = sendCommand.identifierTypes(i);
            unmade[i] = null;
            named[i] = null;
            String wrong = switch (type) {
                case CrossDomain.ID_TYPE_VIRTGPU_BLOB -> findBlob(i, id);
                case CrossDomain.ID_TYPE_READ_PIPE -> makePipe(i, id);
                default -> "SEND names an identifier of type " + type
                        + (channel.dialect().isExported(type) ? ", " + ItemCommands.NO_EXPORT_TABLE : "");
            };
            if (wrong != null) {
                return wrong;
            }
            fileCount++;
        }
        return null;
    }

    private @Nullable String findBlob(int index, int id) {
        GpuResource resource = attached.get(id);
        if (resource == null) {
            return "SEND names resource " + id + ", which is not attached";
        }
        named[index] = resource;
        if (resource.isGuestBlob() && host.copiesGuestBlobs() && inspected == null) {
            return "SEND names guest blob " + id + " on a channel whose shared memory nobody follows";
        }
        if (resource.isGuestBlob() && resource.state() != GpuResource.State.CREATING && resource.file() == null) {
            String wrong = host.share(resource);
            if (wrong != null) {
                return "SEND names guest blob " + id + ": " + wrong;
            }
        }
        if (resource.state() == GpuResource.State.CREATING) {
            unmade[index] = resource;
            unmadeCount++;
            return null;
        }
        OwnedFd file = resource.file();
        if (file == null) {
            return "SEND names resource " + id + ", which is no blob, or one that could not be made";
        }
        files[index] = file.number();
        return null;
    }

    /** The guest will read: a pipe of which the compositor gets the write end. A pipe that is known may be sent again. */
    private @Nullable String makePipe(int index, int id) {
        if (id >= 0) {
            return "SEND names pipe " + id + "; a guest numbers pipes from 0x80000000 up";
        }
        try {
            Item known = items.get(id);
            int writeEnd;
            if (known instanceof ReadPipe pipe) {
                writeEnd = pipe.newWriteEnd().release();
            } else if (known != null || !items.hasRoom(1)) {
                return "SEND names pipe " + Integer.toUnsignedString(id)
                        + (known == null ? ", and the guest has " + items.tooMany() : ", a number that is taken");
            } else {
                long ends = PosixException.check(Posix.pipe(), "pipe2");
                writeEnd = Posix.writeEnd(ends);
                OwnedFd readEnd = new OwnedFd(Posix.readEnd(ends));
                try {
                    items.add(new ReadPipe(id, readEnd, shared.loop, ready));
                } catch (PosixException e) {
                    readEnd.close();
                    Posix.close(writeEnd);
                    throw e;
                }
            }
            writeEnds[writeEndCount++] = writeEnd;
            files[index] = writeEnd;
            return null;
        } catch (PosixException e) {
            return "SEND: " + e.getMessage();
        }
    }

    /** Refuses a SEND: its bytes are missing from the stream, which therefore ends. */
    void breakStream(GpuRequest request, String why) {
        shared.log.warn(LOG, "{}: {}; the connection is ended", name, why);
        receiver.end();
        request.respond(RESP_ERR_INVALID_PARAMETER);
    }

    /** The end: hands over the requests that wait; their files are closed. */
    ArrayDeque<GpuRequest> takeHeld() {
        ArrayDeque<GpuRequest> all = new ArrayDeque<>();
        for (HeldSend waiting : held) {
            waiting.closeFiles();
            all.add(waiting.request());
        }
        shared.letGo(held.size());
        held.clear();
        if (inspected != null) {
            inspected.close();
        }
        return all;
    }
}
