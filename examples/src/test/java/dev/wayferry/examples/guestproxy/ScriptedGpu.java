package dev.wayferry.examples.guestproxy;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.wayferry.examples.virtgpu.VirtGpuBlob;
import dev.wayferry.examples.virtgpu.VirtGpuContext;
import dev.wayferry.examples.virtgpu.VirtGpuDevice;
import dev.wayferry.posix.FileStatus;
import dev.wayferry.posix.Memory;
import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.Posix;
import dev.wayferry.posix.PosixException;
import dev.wayferry.wire.crossdomain.CrossDomain;
import dev.wayferry.wire.crossdomain.CrossDomainCapabilities;
import dev.wayferry.wire.crossdomain.CrossDomainGetImageRequirements;
import dev.wayferry.wire.crossdomain.CrossDomainHeader;
import dev.wayferry.wire.crossdomain.CrossDomainImageRequirements;
import dev.wayferry.wire.crossdomain.CrossDomainInit;
import dev.wayferry.wire.crossdomain.CrossDomainReadWrite;
import dev.wayferry.wire.crossdomain.CrossDomainSendReceive;
import dev.wayferry.wire.gpu.VirtioGpu;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A GPU whose host side is the test: it sees each SEND and WRITE, and says what RECEIVE and READ bring. For the tests of the
 * proxy's own decisions; the way to a real compositor is tested with the real host process.
 */
final class ScriptedGpu implements VirtGpuDevice {
    private static final long TIMEOUT_SECONDS = 60;

    /** What a context submitted: a SEND (with files), or a WRITE (with the pipe as identifier). */
    record Command(int cmd, byte[] data, List<Integer> ids, List<Integer> types, boolean hangUp) {}

    final BlockingQueue<Context> contexts = new LinkedBlockingQueue<>();
    private int supportedChannels = 1 << CrossDomain.CHANNEL_TYPE_WAYLAND;
    volatile boolean refusesImages;
    /** Whether the host holds what it is given, so that no fence is signalled. */
    volatile boolean hostIsSlow;
    /** Whether it takes any file for a dma-buf, as a kernel that imports those of others. */
    volatile boolean importsForeign;
    /** What the host answers to the next SEND that names a file. */
    volatile byte @Nullable [] answerToFile;

    /** The next context that the proxy opens. */
    Context nextContext() throws InterruptedException {
        Context context = contexts.poll(TIMEOUT_SECONDS, TimeUnit.SECONDS);
        if (context == null) {
            throw new AssertionError("no context was opened");
        }
        return context;
    }

    ScriptedGpu withoutWayland() {
        supportedChannels = 0;
        return this;
    }

    @Override
    public byte[] capset(int capsetId, int version, int length) {
        byte[] data = new byte[length];
        new CrossDomainCapabilities().wrap(MemorySegment.ofArray(data), 0)
                .version(1)
                .supportedChannels(supportedChannels)
                .supportsDmabuf(1);
        return data;
    }

    @Override
    public VirtGpuContext openContext(int capsetId, int numRings, long pollRingsMask) throws IOException {
        if (capsetId != VirtioGpu.CAPSET_CROSS_DOMAIN || numRings != 2 || pollRingsMask != 2) {
            throw new AssertionError("context of capset " + capsetId + ", " + numRings + " rings, " + pollRingsMask);
        }
        Context context = new Context();
        contexts.add(context);
        return context;
    }

    @Override
    public void close() {}

    /** A context, and what the host knows of it. */
    final class Context implements VirtGpuContext {
        final BlockingQueue<Command> commands = new LinkedBlockingQueue<>();
        private final Arena arena = Arena.ofShared();
        private final OwnedFd event = OwnedFd.of(Posix.eventfd(), "eventfd");
        private final Map<Integer, Blob> resources = new HashMap<>();
        private final Map<Long, byte[]> hostFiles = new HashMap<>();
        private final Map<Long, Long> templates = new HashMap<>();
        private final ArrayDeque<byte[]> mail = new ArrayDeque<>();
        private int nextResource = 2;
        private long nextBlobId = CrossDomain.FIRST_HOST_IDENTIFIER;
        private @Nullable Blob queryRing;
        private @Nullable Blob channelRing;
        private boolean polled;
        private int polls;
        private boolean closed;

        Context() throws PosixException {}

        /** What the proxy submitted next. */
        Command next() throws InterruptedException {
            Command command = commands.poll(TIMEOUT_SECONDS, TimeUnit.SECONDS);
            if (command == null) {
                throw new AssertionError("the proxy submitted nothing");
            }
            return command;
        }

        synchronized int polls() {
            return polls;
        }

        synchronized boolean isClosed() {
            return closed;
        }

        /** How many blobs the proxy holds now, its two rings included. */
        synchronized int liveBlobs() {
            return resources.size();
        }

        /** The memory of a resource that the proxy named, from the host's side. */
        synchronized byte[] contentOf(int resourceId, int length) throws IOException {
            Blob blob = resources.get(resourceId);
            if (blob == null) {
                throw new AssertionError("no resource " + resourceId);
            }
            return blob.map().asSlice(0, length).toArray(JAVA_BYTE);
        }

        /** Changes a resource's memory, as the compositor may. */
        synchronized void draw(int resourceId, byte[] content) {
            Blob blob = resources.get(resourceId);
            if (blob == null) {
                throw new AssertionError("no resource " + resourceId);
            }
            MemorySegment.copy(content, 0, blob.map(), JAVA_BYTE, 0, content.length);
        }

        /** Announces a file of the host's to be named in {@link #receive}. */
        synchronized int offer(byte[] content) {
            hostFiles.put(nextBlobId, content);
            return (int) nextBlobId++;
        }

        /** Sends the proxy a RECEIVE. */
        void receive(byte[] data, int... typesIdsAndSizes) {
            byte[] message = new byte[CrossDomainSendReceive.LENGTH + data.length];
            MemorySegment segment = MemorySegment.ofArray(message);
            new CrossDomainHeader().wrap(segment, 0).cmd(CrossDomain.CMD_RECEIVE);
            var receive = new CrossDomainSendReceive().wrap(segment, 0)
                    .numIdentifiers(typesIdsAndSizes.length / 3)
                    .opaqueDataSize(data.length);
            for (int i = 0; i < typesIdsAndSizes.length / 3; i++) {
                receive.identifierTypes(i, typesIdsAndSizes[3 * i])
                        .identifiers(i, typesIdsAndSizes[3 * i + 1])
                        .identifierSizes(i, typesIdsAndSizes[3 * i + 2]);
            }
            MemorySegment.copy(data, 0, segment, JAVA_BYTE, CrossDomainSendReceive.LENGTH, data.length);
            post(message);
        }

        /** Sends the proxy a READ. */
        void read(int identifier, byte[] data, boolean hangUp) {
            byte[] message = new byte[CrossDomainReadWrite.LENGTH + data.length];
            MemorySegment segment = MemorySegment.ofArray(message);
            new CrossDomainHeader().wrap(segment, 0).cmd(CrossDomain.CMD_READ);
            new CrossDomainReadWrite().wrap(segment, 0)
                    .identifier(identifier)
                    .hangUp(hangUp ? 1 : 0)
                    .opaqueDataSize(data.length);
            MemorySegment.copy(data, 0, segment, JAVA_BYTE, CrossDomainReadWrite.LENGTH, data.length);
            post(message);
        }

        private synchronized void post(byte[] message) {
            mail.add(message);
            deliver();
        }

        /** Messages that the proxy has not asked for yet. */
        synchronized int undelivered() {
            return mail.size();
        }

        private void deliver() {
            if (!polled || mail.isEmpty() || closed) {
                return;
            }
            polled = false;
            byte[] message = mail.remove();
            MemorySegment.copy(message, 0, requireRing(channelRing), JAVA_BYTE, 0, message.length);
            try (Arena local = Arena.ofConfined()) {
                Posix.write(event.number(), local.allocateFrom(JAVA_LONG, 1));
            }
        }

        private static MemorySegment requireRing(@Nullable Blob ring) {
            if (ring == null) {
                throw new AssertionError("there was no INIT");
            }
            return ring.map();
        }

        @Override
        public synchronized VirtGpuBlob createBlob(int blobMem, int blobFlags, long size, long blobId) throws IOException {
            long pages = Memory.roundUpToPage(size);
            if (blobMem == VirtioGpu.BLOB_MEM_HOST3D) {
                Long template = templates.get(blobId);
                byte[] file = hostFiles.remove(blobId);
                boolean fits = template != null ? template == pages : file != null && file.length == size;
                if (!fits) {
                    throw new AssertionError("a blob of " + size + " bytes of id " + blobId);
                }
                Blob blob = new Blob(nextResource++, pages);
                if (file != null) {
                    MemorySegment.copy(file, 0, blob.map(), JAVA_BYTE, 0, file.length);
                }
                resources.put(blob.id, blob);
                return blob;
            }
            Blob blob = new Blob(nextResource++, pages);
            resources.put(blob.id, blob);
            return blob;
        }

        @Override
        public synchronized VirtGpuBlob importBlob(int fd) throws IOException {
            if (!importsForeign) {
                throw new IOException("not of this device");
            }
            Blob blob = new Blob(nextResource++, OwnedFd.of(Posix.dup(fd), "dup"));
            resources.put(blob.id, blob);
            return blob;
        }

        @Override
        public synchronized void submit(MemorySegment command, int ring, VirtGpuBlob... fenced) throws IOException {
            CrossDomainHeader header = new CrossDomainHeader().wrap(command, 0);
            if (header.cmdSize() != command.byteSize()) {
                throw new AssertionError("cmd_size " + header.cmdSize() + " of " + command.byteSize());
            }
            switch (header.cmd()) {
                case CrossDomain.CMD_INIT -> {
                    CrossDomainInit init = new CrossDomainInit().wrap(command, 0);
                    queryRing = resources.get(init.queryRingId());
                    channelRing = resources.get(init.channelRingId());
                }
                case CrossDomain.CMD_POLL -> {
                    if (polled || ring != CrossDomain.CHANNEL_RING) {
                        throw new AssertionError("a second POLL, or one on ring " + ring);
                    }
                    polled = true;
                    polls++;
                    deliver();
                }
                case CrossDomain.CMD_GET_IMAGE_REQUIREMENTS -> answerQuery(command);
                case CrossDomain.CMD_SEND -> {
                    Command send = sendOf(command);
                    commands.add(send);
                    byte[] answer = answerToFile;
                    if (answer != null && !send.ids().isEmpty()) {
                        answerToFile = null;
                        receive(answer);
                    }
                }
                case CrossDomain.CMD_WRITE -> commands.add(writeOf(command));
                default -> throw new AssertionError("command " + header.cmd());
            }
        }

        private void answerQuery(MemorySegment command) {
            var query = new CrossDomainGetImageRequirements().wrap(command, 0);
            long size = refusesImages ? 0 : Memory.roundUpToPage(query.width() * 4L * query.height());
            long id = refusesImages ? 0 : nextBlobId++;
            templates.put(id, size);
            new CrossDomainImageRequirements().wrap(requireRing(queryRing), 0)
                    .strides(0, query.width() * 4)
                    .size(size)
                    .blobId((int) id);
        }

        private static Command sendOf(MemorySegment command) {
            var send = new CrossDomainSendReceive().wrap(command, 0);
            var ids = new ArrayList<Integer>();
            var types = new ArrayList<Integer>();
            for (int i = 0; i < send.numIdentifiers(); i++) {
                ids.add(send.identifiers(i));
                types.add(send.identifierTypes(i));
            }
            byte[] data = command.asSlice(CrossDomainSendReceive.LENGTH, send.opaqueDataSize()).toArray(JAVA_BYTE);
            return new Command(CrossDomain.CMD_SEND, data, ids, types, false);
        }

        private static Command writeOf(MemorySegment command) {
            var write = new CrossDomainReadWrite().wrap(command, 0);
            byte[] data = command.asSlice(CrossDomainReadWrite.LENGTH, write.opaqueDataSize()).toArray(JAVA_BYTE);
            return new Command(
                    CrossDomain.CMD_WRITE, data, List.of(write.identifier()), List.of(), write.hangUp() != 0);
        }

        @Override
        public void await(VirtGpuBlob blob) {}

        @Override
        public boolean isSignalled(VirtGpuBlob blob) {
            return !hostIsSlow;
        }

        @Override
        public int eventFd() {
            return event.number();
        }

        @Override
        public boolean takeEvent() {
            try (Arena local = Arena.ofConfined()) {
                return Posix.read(event.number(), local.allocate(JAVA_LONG)) == Long.BYTES;
            }
        }

        @Override
        public synchronized void close() {
            if (!resources.isEmpty()) {
                throw new AssertionError("closed with " + resources.size() + " blobs");
            }
            closed = true;
            event.close();
            arena.close();
        }

        private final class Blob implements VirtGpuBlob {
            private final int id;
            private final OwnedFd file;
            private final MemorySegment memory;

            Blob(int id, long size) throws IOException {
                this(id, OwnedFd.of(Memory.sealedMemfd("scripted-blob", size), "memfd"));
            }

            /** Takes ownership of {@code file}. */
            Blob(int id, OwnedFd file) throws IOException {
                this.id = id;
                this.file = file;
                FileStatus status = new FileStatus(arena);
                PosixException.check(status.read(file.number()), "statx");
                memory = Memory.map(
                        file.number(), 0, status.size(), Memory.PROT_READ | Memory.PROT_WRITE, arena);
            }

            @Override
            public int resourceId() {
                return id;
            }

            @Override
            public long size() {
                return memory.byteSize();
            }

            @Override
            public MemorySegment map() {
                return memory;
            }

            @Override
            public OwnedFd export() throws IOException {
                return file.duplicate();
            }

            @Override
            public void close() {
                synchronized (Context.this) {
                    if (resources.remove(id) == null) {
                        throw new AssertionError("blob " + id + " closed twice");
                    }
                }
                file.close();
            }
        }
    }
}
