package dev.wayferry.proxy.crossdomain;

import static dev.wayferry.wire.gpu.VirtioGpu.RESP_ERR_INVALID_PARAMETER;
import static dev.wayferry.wire.gpu.VirtioGpu.RESP_OK_NODATA;

import dev.wayferry.posix.Errno;
import dev.wayferry.proxy.gpu.GpuContextHost;
import dev.wayferry.proxy.gpu.GpuRequest;
import dev.wayferry.proxy.gpu.GpuResource;
import dev.wayferry.proxy.gpu.NumberedTable;
import dev.wayferry.proxy.limit.Limit;
import dev.wayferry.proxy.stats.Counter;
import dev.wayferry.wire.crossdomain.CrossDomainHeader;
import dev.wayferry.wire.crossdomain.CrossDomainSendReceive;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The way from the guest to the compositor: SEND.
 *
 * <p>SENDs keep their order. For which the socket has no room, they are copied, as far as the channel's queue goes, and beyond
 * that held, a few; a guest that sends still more while nobody reads has its channel ended. One that has to wait (for a blob that is still being made, or for room) holds back those
 * behind it, of this context only. What it names it names when it arrives, whatever the guest does with those numbers
 * while it waits. SENDs that come directly one behind the other go together. A SEND that fails leaves a hole in the stream, after which no byte of it means anything: so it ends the
 * channel.
 */
final class Sender implements Batch.Stream {
    private static final Logger LOG = LoggerFactory.getLogger(Sender.class);

    /** Bytes of one SEND; guest proxies send a few thousand. */
    private static final int MAX_LENGTH = 1 << 20;

    /** SENDs held while the compositor does not read. */
    static final int MAX_HELD = 8;

    /** SENDs that go together. */
    private static final int MAX_RUN = 64;

    private final String name;
    private final CrossDomainFactory shared;
    private final GpuContextHost host;
    private final Channel channel;
    private final Receiver receiver;
    private final SentFiles files;
    private final Runnable ready;
    private final Runnable filesMade = this::filesMade;
    private final ArrayDeque<HeldSend> held = new ArrayDeque<>();

    /** For the next ones that are held. */
    private final ArrayDeque<HeldSend> spare = new ArrayDeque<>();

    /** What has come in this turn and goes together; null before there is such. */
    private @Nullable RequestRun run;

    private final CrossDomainSendReceive sendCommand = new CrossDomainSendReceive();
    private final CrossDomainHeader command = new CrossDomainHeader();

    /** Through which everything goes where guest blobs are copied; null where the compositor shares them, or has none. */
    private @Nullable InspectedPath inspected;

    private boolean formKnown;
    private boolean awaitingMemory;
    private boolean broken;

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
        this.receiver = receiver;
        this.files = new SentFiles(shared, host, channel, items, attached, ReadPipe.roomFor(name), ready);
        this.ready = ready;
    }

    /** The channel is one to a compositor, whose shared memory is mirrored. Before the first SEND. */
    void inspect(InspectedPath path) {
        inspected = path;
        files.mirrored();
    }

    /** Sends now or in this turn, or keeps the request for later; what it names is looked up now in any case. */
    void send(GpuRequest request) {
        shared.batch.begin(this);
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
            refuse(request, "SEND of " + fixed + " bytes, at least " + sendCommand.length());
            return;
        }
        int count = sendCommand.numIdentifiers();
        long length = Integer.toUnsignedLong(sendCommand.opaqueDataSize());
        long offset = CrossDomainContext.COMMAND_OFFSET + sendCommand.length();
        if (count < 0 || count > sendCommand.capacity() || length > MAX_LENGTH || offset + length > request.chain().readableLength()
                || (count > 0 && length == 0)) {
            refuse(request, String.format(
                    "SEND of %d bytes with %d identifiers in a request of %d bytes",
                    length, Integer.toUnsignedLong(count), request.chain().readableLength()));
            return;
        }
        if (joins(request, count, offset, (int) length)) {
            return;
        }
        if (receiver.isEnded()) {
            // By what went before it, just now: nothing may follow half a message.
            request.respond(RESP_ERR_INVALID_PARAMETER);
            return;
        }
        String wrong = files.find(sendCommand, count);
        if (wrong != null) {
            breakStream(request, wrong);
        } else if (length == 0) {
            request.respond(RESP_OK_NODATA);
        } else {
            int taken = held.isEmpty() && !files.areBeingMade() ? sendNow(request, offset, (int) length) : 0;
            takeOrHold(request, offset, (int) length, taken);
        }
        files.forget();
    }

    /**
     * Has a SEND of bytes only go together with those before it and behind it, if there are such. One that names {@code files},
     * or has to wait for another, does not; those before it go then.
     */
    private boolean joins(GpuRequest request, int files, long offset, int length) {
        boolean more = host.moreComes();
        RequestRun joined = run;
        boolean alone = !more && (joined == null || joined.isEmpty());
        if (alone || files > 0 || length == 0 || !held.isEmpty() || inspected != null) {
            flushBatch();
            return false;
        }
        if (joined == null) {
            joined = new RequestRun(MAX_RUN);
            run = joined;
        }
        joined.add(request, offset, length);
        if (more && !joined.isFull()) {
            shared.batch.open(this);
            ready.run();
        } else {
            flushBatch();
        }
        return true;
    }

    @Override
    public void flushBatch() {
        RequestRun joined = run;
        if (joined == null || joined.isEmpty()) {
            return;
        }
        shared.batch.closed(this);
        boolean going = !receiver.isEnded();
        while (going && !joined.isEmpty()) {
            going = sendRun(joined);
        }
        // There is no room, or something is wrong: each by itself.
        while (!joined.isEmpty()) {
            long offset = joined.firstOffset();
            int length = joined.firstLength();
            GpuRequest request = joined.removeFirst();
            if (receiver.isEnded()) {
                request.respond(RESP_ERR_INVALID_PARAMETER);
            } else {
                takeOrHold(request, offset, length, held.isEmpty() ? sendNow(request, offset, length) : 0);
            }
        }
    }

    /** Sends what goes by one call; false if nothing does. */
    private boolean sendRun(RequestRun joined) {
        long left = channel.sendRun(joined);
        if (left == 0) {
            return false;
        }
        while (!joined.isEmpty() && joined.firstLength() <= left) {
            left -= joined.firstLength();
            answer(joined.removeFirst(), 0, 0);
        }
        if (left > 0) {
            joined.advance((int) left);
        }
        return true;
    }

    /** Answers a SEND with the files at hand of which {@code taken} bytes were taken, or holds what is left of it. */
    private void takeOrHold(GpuRequest request, long offset, int length, int taken) {
        if (taken < 0 || taken == length) {
            answer(request, length, taken);
            return;
        }
        boolean awaitsTurn = inspected != null && inspected.awaitsTurn();
        if (!mayHold(request, awaitsTurn)) {
            breakStream(request, awaitsTurn
                    ? held.size() + " SENDs wait already for guest memory to be copied, see --guest-shm"
                    : String.format(
                            "%s does not read, and %d bytes and %d SENDs wait for it already, see --limit=%s and %s",
                            channel.peer(), channel.queued(), held.size(), Limit.CONTEXT_QUEUED_BYTES, Limit.QUEUED_BYTES));
            return;
        }
        HeldSend waiting = spare.isEmpty() ? new HeldSend() : spare.removeLast();
        if (taken == 0) {
            files.hold(waiting, request, offset, length, filesMade);
        } else {
            // Those that it named have gone with its first byte.
            waiting.begin(request, offset + taken, length - taken, 0);
        }
        held.add(waiting);
        shared.heldSends.add(1);
    }

    /**
     * Whether one SEND more may wait.
     *
     * @param awaitsTurn those before it wait for a turn: it comes whatever others do, and so a few may whatever others hold
     */
    private boolean mayHold(GpuRequest request, boolean awaitsTurn) {
        boolean few = held.size() < MAX_HELD;
        if (few && awaitsTurn) {
            return true;
        }
        boolean making = held.isEmpty() ? files.areBeingMade() : held.getFirst().isBeingMade();
        return (few || making || awaitsTurn) && shared.heldSends.hasRoom(held.size(), 1, request);
    }

    private int sendNow(GpuRequest request, long offset, int length) {
        if (inspected != null) {
            return files.sendBy(inspected, request, offset, length);
        }
        files.addTo(channel.message().clear());
        return channel.send(request.chain(), offset, length);
    }

    private void filesMade() {
        held.forEach(HeldSend::takeMade);
        ready.run();
    }

    /** Sends what waits, as far as it can go now. */
    void flush() {
        flushBatch();
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
            letGoFirst();
        }
    }

    private void letGoFirst() {
        HeldSend first = held.removeFirst();
        first.end();
        shared.heldSends.add(-1);
        if (spare.size() < MAX_HELD) {
            spare.add(first);
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
        } else if (!first.request().chain().isThere()) {
            awaitMemory();
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

    /** The VMM has taken memory away in which a SEND waits, and may bring it back, of which nothing tells a context. */
    private void awaitMemory() {
        if (!awaitingMemory) {
            awaitingMemory = true;
            shared.soon(() -> {
                awaitingMemory = false;
                ready.run();
            });
        }
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

    /** Refuses a SEND: its bytes are missing from the stream, which therefore ends behind those that came before. */
    void refuse(GpuRequest request, String why) {
        flushBatch();
        breakStream(request, why);
    }

    private void breakStream(GpuRequest request, String why) {
        broken = true;
        shared.log.warn(LOG, "{}: {}; the connection is ended", name, why);
        receiver.end();
        request.respond(RESP_ERR_INVALID_PARAMETER);
    }

    /** Whether the stream has ended as bytes of it are missing: no command of this context is executed any more. */
    boolean isBroken() {
        return broken;
    }

    /** The end: hands over the requests that wait; their files are closed. */
    ArrayDeque<GpuRequest> takeHeld() {
        ArrayDeque<GpuRequest> all = new ArrayDeque<>();
        shared.batch.closed(this);
        while (run != null && !run.isEmpty()) {
            all.add(run.removeFirst());
        }
        while (!held.isEmpty()) {
            all.add(held.getFirst().request());
            letGoFirst();
        }
        if (inspected != null) {
            inspected.close();
        }
        return all;
    }
}
