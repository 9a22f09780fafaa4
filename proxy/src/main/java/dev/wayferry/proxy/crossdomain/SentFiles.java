package dev.wayferry.proxy.crossdomain;

import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.Posix;
import dev.wayferry.posix.PosixException;
import dev.wayferry.posix.SocketMessage;
import dev.wayferry.proxy.gpu.GpuContextHost;
import dev.wayferry.proxy.gpu.GpuRequest;
import dev.wayferry.proxy.gpu.GpuResource;
import dev.wayferry.proxy.gpu.NumberedTable;
import dev.wayferry.wire.crossdomain.CrossDomain;
import dev.wayferry.wire.crossdomain.CrossDomainSendReceive;
import org.jspecify.annotations.Nullable;

/** The files that the SEND at hand names, in order, until it has gone or is held. */
final class SentFiles {
    private final CrossDomainFactory shared;
    private final GpuContextHost host;
    private final Channel channel;
    private final Items items;
    private final NumberedTable<GpuResource> attached;
    private final int readRoom;
    private final Runnable ready;

    /** Descriptors, or a resource whose file is still being made. */
    private final int[] files = new int[CrossDomain.MAX_IDENTIFIERS];

    private final @Nullable GpuResource[] unmade = new GpuResource[CrossDomain.MAX_IDENTIFIERS];

    /** The resources that are named; null for pipes. */
    private final @Nullable GpuResource[] named = new GpuResource[CrossDomain.MAX_IDENTIFIERS];

    /** Write ends of pipes among them, which are ours and closed once the SEND has gone; the other files are resources'. */
    private final int[] writeEnds = new int[CrossDomain.MAX_IDENTIFIERS];

    private int fileCount;
    private int unmadeCount;
    private int writeEndCount;
    private boolean mirrored;

    /**
     * @param readRoom bytes of one READ
     * @param ready run when a pipe of the guest's has something to read
     */
    SentFiles(
            CrossDomainFactory shared,
            GpuContextHost host,
            Channel channel,
            Items items,
            NumberedTable<GpuResource> attached,
            int readRoom,
            Runnable ready) {
        this.shared = shared;
        this.host = host;
        this.channel = channel;
        this.items = items;
        this.attached = attached;
        this.readRoom = readRoom;
        this.ready = ready;
    }

    /** Guest blobs may be sent though their files are copies, as somebody follows what the guest does with them. */
    void mirrored() {
        mirrored = true;
    }

    /** Whether one of them is still being made. */
    boolean areBeingMade() {
        return unmadeCount > 0;
    }

    /** Puts them into the message, which is filled otherwise by the caller. */
    void addTo(SocketMessage message) {
        for (int i = 0; i < fileCount; i++) {
            // There are fewer than a message has room for.
            boolean unused = message.addFd(files[i]);
        }
    }

    /** Sends bytes of the request with them by the inspected path, with that one's result. */
    int sendBy(InspectedPath path, GpuRequest request, long offset, int length) {
        return path.send(request, offset, length, files, named, fileCount);
    }

    /** Makes {@code waiting} the SEND of {@code length} bytes that they go with; {@code made} is run when one was made. */
    void hold(HeldSend waiting, GpuRequest request, long offset, int length, Runnable made) {
        waiting.begin(request, offset, length, fileCount);
        for (int i = 0; i < fileCount; i++) {
            GpuResource resource = unmade[i];
            if (resource == null) {
                waiting.file(i, files[i], named[i]);
            } else {
                waiting.fileBeingMade(i, resource, made);
            }
        }
    }

    /** The SEND at hand has none, or none any more. */
    void forget() {
        for (int i = 0; i < writeEndCount; i++) {
            Posix.close(writeEnds[i]);
        }
        for (int i = 0; i < fileCount; i++) {
            unmade[i] = null;
            named[i] = null;
        }
        fileCount = 0;
        unmadeCount = 0;
        writeEndCount = 0;
    }

    /** Finds the files that the SEND's first {@code count} identifiers name; null, or what is wrong. */
    @Nullable String find(CrossDomainSendReceive send, int count) {
        forget();
        for (int i = 0; i < count; i++) {
            int id = send.identifiers(i);
            int type = send.identifierTypes(i);
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
        if (resource.isGuestBlob() && host.copiesGuestBlobs() && !mirrored) {
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
                    items.add(new ReadPipe(id, readEnd, readRoom, shared.loop, ready));
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
}
