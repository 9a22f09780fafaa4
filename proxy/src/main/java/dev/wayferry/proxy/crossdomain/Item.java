package dev.wayferry.proxy.crossdomain;

import dev.wayferry.posix.OwnedFd;

/** What an identifier of a context names. */
sealed interface Item
        permits Item.ReceivedFile, Item.ReceivedSocket, Item.StandIn, Item.ImageTemplate, ReadSource, WritePipe {
    /** Closes what the item owns, by {@code closer} if that may take its time. */
    void close(Closer closer);

    /**
     * A file from the compositor that the guest may turn into one blob.
     *
     * @param shared whether it is mapped itself, as a dma-buf is; other files are copied
     */
    record ReceivedFile(OwnedFd file, long size, boolean shared) implements Item {
        @Override
        public void close(Closer closer) {
            closer.close(file);
        }
    }

    /** A connected socket, of which the guest may make a channel. */
    record ReceivedSocket(OwnedFd socket) implements Item {
        @Override
        public void close(Closer closer) {
            closer.close(socket);
        }
    }

    /**
     * What the guest gets in the place of a file that can't be carried, so that the files behind it keep theirs: memory that
     * is one page of zeros, made when the guest makes its one blob of it.
     */
    record StandIn() implements Item {
        /** Bytes, the smallest page there is. */
        static final int SIZE = 4096;

        @Override
        public void close(Closer closer) {}
    }

    /**
     * The answer to image queries, from which the guest may make as many blobs as it likes, of up to {@code size} bytes.
     *
     * @param plain whether they are plain memory, and not files of the allocator's
     */
    record ImageTemplate(long size, boolean plain) implements Item {
        @Override
        public void close(Closer closer) {}
    }
}
