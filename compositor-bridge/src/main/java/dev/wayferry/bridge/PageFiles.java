package dev.wayferry.bridge;

import dev.wayferry.posix.OwnedFd;
import java.io.IOException;
import java.util.List;

/** What makes files of pages of other memory files, without a copy; see {@link Udmabuf}. */
public interface PageFiles extends AutoCloseable {
    /**
     * A run of pages of a memory file.
     *
     * @param memfd the file's descriptor, which stays the caller's
     * @param offset bytes, a whole number of pages
     * @param size bytes, a whole number of pages
     */
    record Piece(int memfd, long offset, long size) {}

    /** Pieces that one file may be made of, at most. */
    int listLimit();

    /** Bytes that one file may have, at most. */
    long sizeLimit();

    /** A file of {@code pieces}, one after the other, which is the caller's. May block. */
    OwnedFd create(List<Piece> pieces) throws IOException;

    @Override
    void close();
}
