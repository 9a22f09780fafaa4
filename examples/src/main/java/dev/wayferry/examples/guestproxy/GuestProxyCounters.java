package dev.wayferry.examples.guestproxy;

import java.util.concurrent.atomic.LongAdder;

/** What a proxy did so far, over all its connections. */
public final class GuestProxyCounters {
    /** Programs that connected. */
    public final LongAdder connections = new LongAdder();
    /** Connections that are over. */
    public final LongAdder ended = new LongAdder();
    /** Requests of programs. */
    public final LongAdder requests = new LongAdder();
    /** Requests of interfaces, or of versions, that the proxy has no table for. */
    public final LongAdder unknownRequests = new LongAdder();
    /** Events of the compositor. */
    public final LongAdder events = new LongAdder();
    /** SEND commands. */
    public final LongAdder sends = new LongAdder();
    /** RECEIVE messages. */
    public final LongAdder receives = new LongAdder();
    /** Files that went to the host: blobs and pipes. */
    public final LongAdder filesSent = new LongAdder();
    /** Files that came from the host: blobs and pipes. */
    public final LongAdder filesReceived = new LongAdder();
    /** Bytes of pipes from the host's programs to the guest's. */
    public final LongAdder pipeBytesRead = new LongAdder();
    /** Bytes of pipes from the guest's programs to the host's. */
    public final LongAdder pipeBytesWritten = new LongAdder();
    /** Buffers in shared memory that programs made. */
    public final LongAdder shmBuffers = new LongAdder();
    /** Those of them that the host has without a copy. */
    public final LongAdder shmBuffersShared = new LongAdder();
    /** Bytes of pixels copied into the host's memory. */
    public final LongAdder shmBytesCopied = new LongAdder();
    /** Blobs of host memory made for buffers. */
    public final LongAdder blobsCreated = new LongAdder();
    /** Buffers that took over the blob of one that is gone. */
    public final LongAdder blobsReused = new LongAdder();

    GuestProxyCounters() {}

    @Override
    public String toString() {
        return "connections " + connections + " ended " + ended + " requests " + requests + " unknown "
                + unknownRequests + " events " + events + " sends " + sends + " receives " + receives + " files sent "
                + filesSent + " received " + filesReceived + " pipe bytes read " + pipeBytesRead + " written "
                + pipeBytesWritten + " shm buffers " + shmBuffers + " shared " + shmBuffersShared
                + " bytes copied " + shmBytesCopied
                + " blobs created " + blobsCreated + " reused " + blobsReused;
    }
}
