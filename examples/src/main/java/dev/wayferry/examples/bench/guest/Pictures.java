package dev.wayferry.examples.bench.guest;

import java.io.IOException;

/** A guest's pictures. Nothing of a connection may be under way while they are made, shared and freed. */
public interface Pictures {
    /** What a picture's memory is. */
    enum Kind {
        /** Memory of the host's that the guest maps, for wl_shm. */
        SHM,
        /** Memory of the guest's, for wl_shm. */
        GUEST,
        /** A dma-buf of the host's that the guest maps, for zwp_linux_dmabuf. */
        DMABUF
    }

    /**
     * Makes and maps memory for a picture of so many pixels.
     *
     * @throws UnsuitableException where the back-end has no such memory
     */
    Picture make(int connection, Kind kind, int width, int height) throws IOException;

    /** Sends the payload of the connection's first SEND together with the picture's file, and waits until that is done. */
    void share(int connection, int length, Picture picture) throws IOException;

    /** Gives the memory back. */
    void free(int connection, Picture picture) throws IOException;
}
