package dev.wayferry.proxy.crossdomain;

import static dev.wayferry.wire.gpu.VirtioGpu.RESP_ERR_INVALID_PARAMETER;
import static dev.wayferry.wire.gpu.VirtioGpu.RESP_ERR_UNSPEC;
import static dev.wayferry.wire.gpu.VirtioGpu.RESP_OK_NODATA;

import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.PosixException;
import dev.wayferry.proxy.gpu.BlobSource;
import dev.wayferry.proxy.gpu.GpuContext;
import dev.wayferry.proxy.gpu.GpuContextHost;
import dev.wayferry.proxy.gpu.GpuRequest;
import dev.wayferry.proxy.gpu.GpuResource;
import dev.wayferry.proxy.gpu.NumberedTable;
import dev.wayferry.proxy.limit.Limit;
import dev.wayferry.wire.crossdomain.CrossDomain;
import dev.wayferry.wire.crossdomain.CrossDomainHeader;
import dev.wayferry.wire.crossdomain.CrossDomainInit;
import dev.wayferry.wire.gpu.CmdSubmit;
import dev.wayferry.wire.gpu.CtrlHeader;
import dev.wayferry.wire.gpu.VirtioGpu;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A context of capset 5: one guest program's connection to the compositor, or to another of the host's sockets. Belongs to
 * the loop.
 *
 * <p>Here the commands are decoded; the way to that socket is {@link Sender}'s, the way back {@link Receiver}'s, and what
 * names a received item is {@link ItemCommands}'.
 */
final class CrossDomainContext implements GpuContext {
    private static final Logger LOG = LoggerFactory.getLogger(CrossDomainContext.class);

    /** Where a command starts in a SUBMIT_3D request. */
    static final int COMMAND_OFFSET = CmdSubmit.LENGTH;

    private static final int POLL_FLAGS = VirtioGpu.FLAG_FENCE | VirtioGpu.FLAG_INFO_RING_IDX;

    private final CrossDomainFactory shared;
    private final GpuContextHost host;
    private final String name;
    private final NumberedTable<GpuResource> attached = new NumberedTable<>();
    private final Items items;
    private final Mailbox mailbox;
    private final Channel channel;
    private final Sender sender;
    private final Receiver receiver;
    private final ItemCommands itemCommands;
    private final ImageQueries imageQueries;
    private @Nullable RingPage queryRing;
    private @Nullable RingPage channelRing;
    private @Nullable GpuRequest heldInit;
    private Connector.@Nullable Wish wish;
    private boolean initialized;
    private boolean hasChannel;
    private boolean connectDone;
    private boolean connectFailed;
    private boolean queued;
    private boolean closed;

    private final CrossDomainHeader command = new CrossDomainHeader();
    private final CrossDomainInit initCommand = new CrossDomainInit();

    CrossDomainContext(CrossDomainFactory shared, int ctxId, String debugName, GpuContextHost host) {
        this.shared = shared;
        this.host = host;
        this.name = "vm=" + shared.settings.vm() + " ctx=" + ctxId + " (" + debugName + ")";
        this.items = new Items(shared.items, shared.settings.limits().number(Limit.CONTEXT_ITEMS), shared.closer);
        this.mailbox = new Mailbox(host::memory, shared.counters);
        this.channel = new Channel(shared, this::ready);
        this.receiver = new Receiver(name, shared, channel, mailbox, items, this::ready);
        this.itemCommands = new ItemCommands(name, shared, host, channel, items);
        this.sender = new Sender(name, shared, host, channel, items, attached, receiver, this::ready);
        this.imageQueries = new ImageQueries(name, shared, items, this::queryPage, this::ready);
    }

    /** Asks to give out later in this turn, once however often it is asked. */
    private void ready() {
        if (!queued && !closed) {
            queued = true;
            host.ready(this);
        }
    }

    @Override
    public void giveOut() {
        queued = false;
        if (closed) {
            return;
        }
        if (heldInit != null && connectDone) {
            heldInit.respond(connectFailed ? RESP_ERR_UNSPEC : RESP_OK_NODATA);
            heldInit = null;
        }
        imageQueries.flush();
        sender.flush();
        items.flush();
        receiver.deliver();
    }

    @Override
    public void submit(GpuRequest request) {
        int fixed = request.fixedLength() - COMMAND_OFFSET;
        if (fixed < CrossDomainHeader.LENGTH) {
            fail(request, "a command of " + fixed + " bytes has no header");
            return;
        }
        command.wrap(request.fixed(), COMMAND_OFFSET);
        int cmd = command.cmd();
        if (cmd != CrossDomain.CMD_SEND && cmd != CrossDomain.CMD_WRITE) {
            shared.batch.begin(null);
        }
        if (sender.isBroken() && cmd != CrossDomain.CMD_POLL) {
            // The log has said why; a POLL brings the end.
            request.respond(RESP_ERR_INVALID_PARAMETER);
            return;
        }
        if (!hasChannel && (cmd == CrossDomain.CMD_SEND || cmd == CrossDomain.CMD_WRITE)) {
            fail(request, CrossDomain.commandName(cmd) + " without a channel");
            return;
        }
        if (cmd != CrossDomain.CMD_POLL && isOnChannelRing(request)) {
            String why = CrossDomain.commandName(cmd) + " is fenced on the channel ring, which only POLL may be";
            if (cmd == CrossDomain.CMD_SEND) {
                sender.refuse(request, why);
            } else {
                fail(request, why);
            }
            return;
        }
        switch (cmd) {
            case CrossDomain.CMD_INIT -> init(request, fixed);
            case CrossDomain.CMD_GET_IMAGE_REQUIREMENTS -> imageQueries.take(request, fixed);
            case CrossDomain.CMD_POLL -> poll(request);
            case CrossDomain.CMD_SEND -> sender.send(request);
            default -> itemCommands.execute(request, cmd, fixed);
        }
    }

    private static boolean isOnChannelRing(GpuRequest request) {
        CtrlHeader header = request.header();
        return (header.flags() & POLL_FLAGS) == POLL_FLAGS && header.ringIdx() == CrossDomain.CHANNEL_RING;
    }

    // ---- INIT

    private void init(GpuRequest request, int fixed) {
        if (initialized) {
            fail(request, "a second INIT");
            return;
        }
        int size = Math.min(fixed, command.cmdSize());
        if (size < CrossDomainInit.LEGACY_LENGTH) {
            fail(request, "INIT of " + size + " bytes, at least " + CrossDomainInit.LEGACY_LENGTH);
            return;
        }
        initCommand.wrap(request.fixed(), COMMAND_OFFSET);
        boolean legacy = size < CrossDomainInit.LENGTH;
        int type = legacy ? initCommand.legacyChannelType() : initCommand.channelType();
        RingPage query = ring(request, initCommand.queryRingId());
        if (query == null) {
            return;
        }
        if (type == CrossDomain.CHANNEL_TYPE_NONE) {
            initialized = true;
            queryRing = query;
            request.respond(RESP_OK_NODATA);
            return;
        }
        RingPage page = legacy ? query : ring(request, initCommand.channelRingId());
        if (page == null) {
            return;
        }
        initialized = true;
        hasChannel = true;
        queryRing = query;
        channelRing = page;
        mailbox.page(page);
        Dialect dialect = Dialect.of(size);
        channel.init(type, dialect);
        if (type == CrossDomain.CHANNEL_TYPE_INTERNAL_SOCKET && dialect.hasSockets()) {
            UUID uuid = initCommand.internalSocketUuid();
            OwnedFd socket = shared.sockets.take(uuid);
            heldInit = request;
            connected(socket, socket == null ? new IOException("no socket has the UUID " + uuid) : null);
            return;
        }
        if (!shared.settings.has(type)) {
            // A guest's kernel keeps the answer from its program, which is going to POLL: there it learns of the end, once.
            receiver.end();
            fail(request, "INIT asks for channel type " + Integer.toUnsignedString(type)
                    + ", for which there is no socket" + optionFor(type));
            return;
        }
        if (type == CrossDomain.CHANNEL_TYPE_WAYLAND && host.copiesGuestBlobs()) {
            sender.inspect(new InspectedPath(channel, shared, host, this::ready));
        }
        heldInit = request;
        if (shared.closer.isOverloaded()) {
            shared.log.warn(LOG, "{}: INIT waits: {}", name, shared.closer.tooMany());
        }
        connect(type);
    }

    /** Who has lost a connection to a file too many while files hang gets no other to go on with that. */
    private void connect(int type) {
        if (closed) {
            return;
        }
        if (shared.closer.isOverloaded()) {
            shared.soon(() -> connect(type));
            return;
        }
        wish = shared.connector.connect(type, this::connected);
    }

    /** What the host's user can do about a missing channel. */
    private static String optionFor(int type) {
        return type < 0 || type > CrossDomain.MAX_CHANNEL_TYPE
                ? ", and can be none"
                : "; --channel=" + CrossDomain.channelTypeName(type) + "=PATH gives one";
    }

    private @Nullable RingPage ring(GpuRequest request, int resourceId) {
        GpuResource resource = attached.get(resourceId);
        if (resource == null) {
            fail(request, "INIT names resource " + resourceId + " as a ring, which is not attached");
            return null;
        }
        RingPage page = new RingPage(resource);
        if (page.memory(host.memory()) == null) {
            fail(request, "INIT names resource " + resourceId + " as a ring, which is not one run of "
                    + CrossDomain.RING_SIZE + " bytes of guest memory");
            return null;
        }
        return page;
    }

    private void connected(@Nullable OwnedFd socket, @Nullable IOException failure) {
        String wrong = failure == null ? null : failure.getMessage();
        if (socket != null) {
            try {
                channel.connected(socket);
                shared.log.info(LOG, "{}: connected to {}", name, channel.peer());
            } catch (PosixException e) {
                shared.closer.close(socket);
                wrong = e.getMessage();
            }
        }
        if (wrong != null) {
            shared.log.warn(LOG, "{}: INIT: no connection to {}: {}", name, channel.peer(), wrong);
            receiver.end();
        }
        connectFailed = wrong != null;
        connectDone = true;
        ready();
    }

    // ---- the other commands

    private @Nullable MemorySegment queryPage() {
        return queryRing == null ? null : queryRing.memory(host.memory());
    }

    private void poll(GpuRequest request) {
        if (!isOnChannelRing(request)) {
            // Without a fence there is nothing to wait for, and the command itself says nothing.
            request.respond(RESP_OK_NODATA);
        } else if (!hasChannel) {
            fail(request, "POLL without a channel");
        } else {
            mailbox.park(request);
            receiver.deliver();
        }
    }

    // ---- resources

    @Override
    public @Nullable BlobSource claimBlob(long blobId, long size) {
        int id = (int) blobId;
        Item item = id == blobId ? items.get(id) : null;
        String wrong = null;
        if (item instanceof Item.ImageTemplate(long most, boolean plain)) {
            wrong = Items.fits(size, most);
            if (wrong == null) {
                return plain ? Items.memorySource(size) : new ImageSource(shared.settings.allocator(), size);
            }
        } else if (item instanceof Item.StandIn) {
            wrong = Items.fits(size, Item.StandIn.SIZE);
            if (wrong == null) {
                items.remove(id);
                return Items.memorySource(size);
            }
        } else if (item instanceof Item.ReceivedFile file) {
            wrong = file.shared() ? Items.fitsShared(size, file) : Items.fits(size, file.size());
            if (wrong == null && !file.shared() && file.size() > shared.settings.limits().of(Limit.FILE_COPY_BYTES)) {
                wrong = "the file has " + file.size() + " bytes, more than "
                        + shared.settings.limits().of(Limit.FILE_COPY_BYTES) + ", see --limit=" + Limit.FILE_COPY_BYTES;
            }
            if (wrong == null) {
                items.remove(id);
                return Items.fileSource(file, size, shared.counters);
            }
        } else {
            wrong = "it names no memory";
        }
        shared.log.warn(LOG, "{}: RESOURCE_CREATE_BLOB: blob id {}: {}", name, blobId, wrong);
        return null;
    }

    @Override
    public void attach(GpuResource resource) {
        attached.put(resource.id(), resource);
    }

    @Override
    public void detach(GpuResource resource) {
        if (attached.get(resource.id()) == resource) {
            var unused = attached.remove(resource.id());
        }
        if (queryRing != null && queryRing.resource() == resource) {
            queryRing = null;
        }
        if (channelRing != null && channelRing.resource() == resource) {
            // The guest may free the page now. Usually the context is about to be destroyed, which answers its POLLs.
            channelRing = null;
            mailbox.page(null);
        }
    }

    @Override
    public void close(boolean answer) {
        if (answer) {
            shared.batch.begin(null);
        }
        closed = true;
        if (wish != null) {
            wish.giveUp();
        }
        channel.close();
        receiver.close();
        if (answer) {
            mailbox.answerAll();
            sender.takeHeld().forEach(request -> request.respond(RESP_ERR_UNSPEC));
            items.takeHeld().forEach(request -> request.respond(RESP_ERR_UNSPEC));
            imageQueries.takeHeld().forEach(request -> request.respond(RESP_ERR_UNSPEC));
            if (heldInit != null) {
                heldInit.respond(RESP_ERR_UNSPEC);
            }
        } else {
            mailbox.takeAll().forEach(host::drop);
            sender.takeHeld().forEach(host::drop);
            items.takeHeld().forEach(host::drop);
            imageQueries.takeHeld().forEach(host::drop);
            if (heldInit != null) {
                host.drop(heldInit);
            }
        }
        heldInit = null;
        items.close();
    }

    private void fail(GpuRequest request, String why) {
        shared.log.warn(LOG, "{}: {}", name, why);
        request.respond(RESP_ERR_INVALID_PARAMETER);
    }
}
