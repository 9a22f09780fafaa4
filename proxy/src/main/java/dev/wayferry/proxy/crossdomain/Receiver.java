package dev.wayferry.proxy.crossdomain;

import dev.wayferry.bridge.FileClassifier;
import dev.wayferry.bridge.FileKind;
import dev.wayferry.posix.Errno;
import dev.wayferry.posix.Memory;
import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.Posix;
import dev.wayferry.posix.PosixException;
import dev.wayferry.posix.SocketMessage;
import dev.wayferry.proxy.stats.Counter;
import dev.wayferry.wire.crossdomain.CrossDomain;
import dev.wayferry.wire.crossdomain.CrossDomainReadWrite;
import dev.wayferry.wire.crossdomain.CrossDomainSendReceive;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.Arrays;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The way from the compositor, or another server, to the guest: RECEIVE, READ and the end.
 *
 * <p>A RECEIVE holds what one recvmsg gave: its files came with its bytes, as guests of X11 and PipeWire have to know.
 *
 * <p>Nothing is read before the guest has room for it, so what waits, waits in the kernel. The socket and each pipe have
 * their turns. The end is one RECEIVE without bytes and identifiers, told once; POLLs after it wait for the context's end,
 * as guest proxies that know no end would ask again and again.
 */
final class Receiver {
    private static final Logger LOG = LoggerFactory.getLogger(Receiver.class);

    /** A {@link dev.wayferry.wire.crossdomain.CrossDomainHeader} as a whole: the command is its lowest byte. */
    private static final ValueLayout.OfLong HEADER =
            ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    /** What {@code identifier_sizes} can tell. */
    private static final long MAX_FILE_SIZE = 0xffff_ffffL;

    private final String name;
    private final CrossDomainFactory shared;
    private final Channel channel;
    private final Mailbox mailbox;
    private final Items items;
    private final Runnable ready;
    private final CrossDomainSendReceive receiveMessage = new CrossDomainSendReceive();
    private final CrossDomainReadWrite readMessage = new CrossDomainReadWrite();

    /** Bytes and descriptors that did not fit the last RECEIVE; ours. Descriptors without bytes go with the next that come. */
    private byte[] restBytes = {};

    private final ArrayDeque<Integer> restFds = new ArrayDeque<>();
    private boolean ended;
    private boolean endTold;
    private boolean gone;
    private boolean readsNext;

    Receiver(String name, CrossDomainFactory shared, Channel channel, Mailbox mailbox, Items items, Runnable ready) {
        this.name = name;
        this.shared = shared;
        this.channel = channel;
        this.mailbox = mailbox;
        this.items = items;
        this.ready = ready;
    }

    /** Gives the guest the next message, if there is one and it has room. */
    void deliver() {
        MemorySegment page = mailbox.open();
        if (page == null || endTold) {
            return;
        }
        boolean delivered;
        if (ended) {
            delivered = tellEnd(page);
        } else if (restBytes.length > 0) {
            delivered = deliverRest(page);
        } else if (readsNext) {
            delivered = deliverRead(page) || deliverSocket(page);
        } else {
            delivered = deliverSocket(page) || deliverRead(page);
        }
        if (!delivered && ended) {
            delivered = tellEnd(page);
        }
        if (delivered) {
            shared.counters.add(Counter.MESSAGES_RECEIVED, 1);
            mailbox.announce();
        }
    }

    private boolean deliverSocket(MemorySegment page) {
        if (!channel.isReadable() && !gone) {
            return false;
        }
        long count = channel.receive(page.address() + receiveMessage.length(), CrossDomain.MAX_RECEIVE_DATA);
        if (count == -Errno.EAGAIN && !gone) {
            return false;
        }
        SocketMessage message = channel.message();
        if (count <= 0) {
            closeFds(message, 0);
            if (count < 0 && count != -Errno.ECONNRESET && !gone) {
                shared.log.warn(LOG, "{}: receiving from {}: {}", name, channel.peer(), Errno.name(count));
            } else {
                shared.log.info(LOG, "{}: {} has hung up", name, channel.peer());
            }
            end();
            return false;
        }
        readsNext = true;
        if (message.truncated()) {
            // Of a socket that keeps messages apart: half a message is none, and what this page can't hold none can.
            closeFds(message, 0);
            shared.log.warn(LOG, "{}: {} sent a message of more than {} bytes, which no RECEIVE holds; the connection is"
                    + " ended", name, channel.peer(), CrossDomain.MAX_RECEIVE_DATA);
            end();
            return false;
        }
        if (message.controlTruncated()) {
            closeFds(message, 0);
            shared.log.warn(LOG, "{}: files from {} were lost, this process has too many open; the connection is ended",
                    name, channel.peer());
            end();
            return false;
        }
        if (!restFds.isEmpty()) {
            keepRest(page, 0, (int) count, message, 0);
            return deliverRest(page);
        }
        if (message.fdCount() == 0) {
            receiveHeader(page, 0, (int) count);
            return true;
        }
        return deliverFiles(page, (int) count, message);
    }

    /**
     * A RECEIVE with files. A file too many waits for the next one together with the bytes; so does a second write pipe of
     * a Wayland channel, as sommelier keeps one. On other channels files belong to the bytes they came with.
     */
    private boolean deliverFiles(MemorySegment page, int count, SocketMessage message) {
        receiveMessage.wrap(page, 0);
        int taken = 0;
        boolean hasPipe = false;
        while (taken < message.fdCount()) {
            int fd = message.fd(taken);
            FileKind kind = shared.classifier.classify(fd);
            if (taken == receiveMessage.capacity() || (hasPipe && kind == FileKind.WRITE_PIPE && channel.isWayland())) {
                break;
            }
            hasPipe |= kind == FileKind.WRITE_PIPE;
            if (!nameFile(taken, fd, kind)) {
                closeFds(message, taken + 1);
                end();
                return false;
            }
            taken++;
        }
        if (taken == message.fdCount()) {
            receiveHeader(page, taken, count);
            return true;
        }
        // The first byte goes with the first files: no message ends with it, so none misses the files that wait.
        keepRest(page, 1, count, message, taken);
        receiveHeader(page, taken, 1);
        return true;
    }

    /**
     * Keeps the bytes of the page from {@code from} to {@code count} and the descriptors from {@code firstFd} on.
     *
     * <p>The guest can write to the page while it is read back here. That harms nobody else: the bytes go to this same guest
     * and nowhere else, nothing is decided on what they say, and how many they are comes from recvmsg, not from the page.
     * Only what is never looked at may be kept this way.
     */
    private void keepRest(MemorySegment page, int from, int count, SocketMessage message, int firstFd) {
        shared.counters.copied(Counter.COPIED_RECEIVED, count - from);
        restBytes = new byte[count - from];
        MemorySegment.copy(page, receiveMessage.length() + from, MemorySegment.ofArray(restBytes), 0, restBytes.length);
        for (int i = firstFd; i < message.fdCount(); i++) {
            restFds.add(message.fd(i));
        }
    }

    private boolean deliverRest(MemorySegment page) {
        receiveMessage.wrap(page, 0);
        int taken = 0;
        boolean hasPipe = false;
        while (!restFds.isEmpty()) {
            int fd = restFds.getFirst();
            FileKind kind = shared.classifier.classify(fd);
            if (taken == receiveMessage.capacity() || (hasPipe && kind == FileKind.WRITE_PIPE && channel.isWayland())) {
                break;
            }
            hasPipe |= kind == FileKind.WRITE_PIPE;
            restFds.removeFirst();
            if (!nameFile(taken, fd, kind)) {
                end();
                return false;
            }
            taken++;
        }
        int length = restFds.isEmpty() ? restBytes.length : 1;
        // All of them: those given out, and those that are kept on.
        shared.counters.copied(Counter.COPIED_RECEIVED, restBytes.length);
        MemorySegment.copy(MemorySegment.ofArray(restBytes), 0, page, receiveMessage.length(), length);
        restBytes = Arrays.copyOfRange(restBytes, length, restBytes.length);
        receiveHeader(page, taken, length);
        return true;
    }

    /**
     * Takes ownership of {@code fd} and names it in the message at {@code index}; false, and it is closed, if it can't.
     *
     * <p>What no guest can be given (a DRM node, a sync_file, 4 GiB and more), or not this one, is closed, and a stand-in
     * named in its place: a program can mostly do without such a file, but not without its connection.
     */
    private boolean nameFile(int index, int fd, FileKind kind) {
        FileClassifier classifier = shared.classifier;
        Dialect dialect = channel.dialect();
        OwnedFd file = new OwnedFd(fd);
        String wrong = null;
        if (!items.hasRoom(1)) {
            wrong = "a file, and the guest has " + items.tooMany();
        } else if (shared.closer.isOverloaded()) {
            wrong = "a file, and " + shared.closer.tooMany();
        } else if ((kind == FileKind.MEMORY || kind == FileKind.DMA_BUF) && classifier.size() <= MAX_FILE_SIZE) {
            long size = classifier.size();
            boolean mappedItself = kind == FileKind.DMA_BUF || isShared(fd, size);
            int id = items.add(new Item.ReceivedFile(file, size, mappedItself));
            identify(index, id, CrossDomain.ID_TYPE_VIRTGPU_BLOB, (int) size);
        } else if (kind == FileKind.WRITE_PIPE) {
            try {
                int id = items.add(new WritePipe(name, file, shared, ready));
                identify(index, id, CrossDomain.ID_TYPE_WRITE_PIPE, 0);
            } catch (PosixException e) {
                wrong = e.getMessage();
            }
        } else if (kind == FileKind.EVENT && dialect.hasEvents()) {
            identify(index, items.add(new EventFile(file, shared, ready)), dialect.eventType(), 0);
        } else if (kind == FileKind.SOCKET && dialect.hasSockets()) {
            identify(index, items.add(new Item.ReceivedSocket(file)), dialect.socketType(), 0);
        } else {
            shared.log.warn(LOG, "{}: {} sent a file that can't be carried, an empty one goes in its place: {}, {} bytes",
                    name, channel.peer(), printable(Posix.linkOf(fd)), classifier.size());
            shared.closer.close(file);
            identify(index, items.add(new Item.StandIn()), CrossDomain.ID_TYPE_VIRTGPU_BLOB, Item.StandIn.SIZE);
        }
        if (wrong == null) {
            return true;
        }
        shared.log.warn(LOG, "{}: {} sent {}; the connection is ended", name, channel.peer(), wrong);
        shared.closer.close(file);
        return false;
    }

    /**
     * Whether this memory file is mapped itself. On Wayland channels none is: there they are for reading, keymaps and tables
     * of formats.
     */
    private boolean isShared(int fd, long size) {
        if (channel.isWayland() || !Items.canBeShared(fd)) {
            return false;
        }
        boolean whole = size == Memory.roundUpToPage(size) || shared.settings.mapPartialPages();
        if (!whole) {
            shared.log.warn(LOG, "{}: {} sent {} bytes of memory to be shared; the guest gets a copy, as QEMU maps whole"
                    + " pages only, see --map-partial-pages", name, channel.peer(), size);
        }
        return whole;
    }

    /** A file's name is its maker's choice: nothing in it may look like the end of a line, or move the cursor. */
    static String printable(String link) {
        return link.replaceAll("[^\\x20-\\x7e]", "?");
    }

    private void identify(int index, int id, int type, int size) {
        receiveMessage.identifiers(index, id).identifierTypes(index, type).identifierSizes(index, size);
    }

    private boolean deliverRead(MemorySegment page) {
        ReadSource source = items.nextReadable();
        while (source != null) {
            readsNext = false;
            ReadSource.Outcome outcome = source.receive(page, readMessage);
            if (outcome == ReadSource.Outcome.LAST_MESSAGE) {
                items.drop(source.id());
            }
            if (outcome != ReadSource.Outcome.NOTHING) {
                if (source instanceof EventFile) {
                    EventFile unused = items.useEvent(source.id());
                }
                commandHeader(page, CrossDomain.CMD_READ);
                return true;
            }
            source = items.nextReadable();
        }
        return false;
    }

    private void receiveHeader(MemorySegment page, int identifiers, int length) {
        commandHeader(page, CrossDomain.CMD_RECEIVE);
        receiveMessage.wrap(page, 0).numIdentifiers(identifiers).opaqueDataSize(length);
    }

    /** All but the command's byte is 0: guest proxies compare the first word as a whole. */
    private static void commandHeader(MemorySegment page, int cmd) {
        page.set(HEADER, 0, cmd);
    }

    private boolean tellEnd(MemorySegment page) {
        receiveHeader(page, 0, 0);
        endTold = true;
        close();
        channel.close();
        return true;
    }

    /** The stream is of no use any more: the guest is told its end as soon as it asks. */
    void end() {
        ended = true;
        channel.stopSending();
        ready.run();
    }

    /** The compositor takes nothing any more; what it said before is still delivered, then the end. */
    void compositorGone() {
        gone = true;
        channel.stopSending();
        ready.run();
    }

    /** The guest knows the short form of RECEIVE only. Before its first SEND a compositor has nothing to say to it. */
    void useShortForm() {
        receiveMessage.useShortForm();
    }

    boolean isEnded() {
        return ended;
    }

    private void closeFds(SocketMessage message, int from) {
        for (int i = from; i < message.fdCount(); i++) {
            shared.closer.close(new OwnedFd(message.fd(i)));
        }
    }

    /** Closes the descriptors that wait. */
    void close() {
        restFds.forEach(fd -> shared.closer.close(new OwnedFd(fd)));
        restFds.clear();
        restBytes = new byte[0];
    }
}
