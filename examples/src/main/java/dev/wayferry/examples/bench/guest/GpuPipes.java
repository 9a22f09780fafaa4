package dev.wayferry.examples.bench.guest;

import dev.wayferry.wire.crossdomain.CrossDomain;
import dev.wayferry.wire.crossdomain.CrossDomainReadWrite;
import dev.wayferry.wire.crossdomain.CrossDomainSendReceive;
import dev.wayferry.wire.gpu.CmdSubmit;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** READ and WRITE of a {@link GpuGuest}. */
final class GpuPipes implements Pipes {
    private static final ValueLayout.OfInt LE_INT =
            ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final GpuGuest guest;
    private int lastPipe = CrossDomain.FIRST_GUEST_IDENTIFIER;

    GpuPipes(GpuGuest guest) {
        this.guest = guest;
    }

    @Override
    public void openForReading(int connection, int length) throws IOException {
        guest.sendNaming(connection, length, ++lastPipe, CrossDomain.ID_TYPE_READ_PIPE);
    }

    @Override
    public void read(int connection) throws IOException {
        guest.poll(connection);
    }

    @Override
    public long data(int connection) {
        return guest.at(connection).channelPage + CrossDomainReadWrite.LENGTH;
    }

    @Override
    public int dataLength(int connection) throws IOException {
        long page = guest.at(connection).channelPage;
        int cmd = guest.memory().get(LE_INT, page);
        if (cmd != CrossDomain.CMD_READ) {
            throw new IOException(CrossDomain.commandName(cmd) + " in place of READ");
        }
        int length = guest.memory().get(LE_INT, page + CrossDomainReadWrite.OPAQUE_DATA_SIZE_OFFSET);
        if (length == 0 && guest.memory().get(LE_INT, page + CrossDomainReadWrite.HANG_UP_OFFSET) == 0) {
            throw new IOException("a READ of nothing before the pipe's end");
        }
        return length;
    }

    @Override
    public void openForWriting(int connection, int slots) throws IOException {
        GpuConnection used = guest.at(connection);
        CrossDomainSendReceive receive = new CrossDomainSendReceive().wrap(guest.memory(), used.channelPage);
        if (receive.numIdentifiers() != 1 || receive.identifierTypes(0) != CrossDomain.ID_TYPE_WRITE_PIPE) {
            throw new IOException(receive.numIdentifiers() + " identifiers came, the first of type "
                    + receive.identifierTypes(0) + ", in place of one pipe to write to");
        }
        for (int slot = 1; slot <= slots; slot++) {
            long block = used.sendBlock(slot);
            guest.formatSubmit(block, used.contextId, 0, CrossDomain.CMD_WRITE, CrossDomainReadWrite.LENGTH);
            new CrossDomainReadWrite().wrap(guest.memory(), GpuGuest.command(block)).identifier(receive.identifiers(0));
        }
    }

    @Override
    public long payload(int connection, int slot) {
        return GpuGuest.command(guest.at(connection).sendBlock(slot)) + CrossDomainReadWrite.LENGTH;
    }

    @Override
    public void write(int connection, int slot, int length) throws IOException {
        write(connection, slot, length, Finished.of(Finished.SEND, connection, slot));
    }

    private void write(int connection, int slot, int length, int finished) throws IOException {
        long block = guest.at(connection).sendBlock(slot);
        int commandLength = CrossDomainReadWrite.LENGTH + length;
        long command = GpuGuest.command(block);
        guest.memory().set(LE_INT, block + CommandQueue.REQUEST + CmdSubmit.SIZE_OFFSET, commandLength);
        // cmd, ring_idx and cmd_size in one store.
        guest.memory().set(LE_INT, command, CrossDomain.CMD_WRITE | commandLength << 16);
        guest.memory().set(LE_INT, command + CrossDomainReadWrite.OPAQUE_DATA_SIZE_OFFSET, length);
        guest.submit(connection, block, CmdSubmit.LENGTH, commandLength, finished);
    }

    @Override
    public void hangUp(int connection) throws IOException {
        long hangUp = GpuGuest.command(guest.at(connection).sendBlock(1)) + CrossDomainReadWrite.HANG_UP_OFFSET;
        guest.memory().set(LE_INT, hangUp, 1);
        write(connection, 1, 0, Finished.of(Finished.SETUP, connection, 0));
        guest.finish(connection);
    }
}
