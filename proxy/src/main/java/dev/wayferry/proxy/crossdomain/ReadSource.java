package dev.wayferry.proxy.crossdomain;

import dev.wayferry.wire.crossdomain.CrossDomainReadWrite;
import java.lang.foreign.MemorySegment;

/** An item that the guest reads from: what comes of it goes into READs. */
sealed interface ReadSource extends Item permits ReadPipe, EventFile {
    /** What {@link #receive} did. */
    enum Outcome {
        /** The page holds a READ. */
        MESSAGE,
        /** The page holds the last READ; the source is to be closed. */
        LAST_MESSAGE,
        /** There was nothing, the page is as it was but for bytes behind the header. */
        NOTHING
    }

    /** Its number in READs. */
    int id();

    boolean isReadable();

    /** Reads straight into the mailbox page behind the header, which is filled in but for its command. */
    Outcome receive(MemorySegment page, CrossDomainReadWrite header);
}
