package dev.wayferry.proxy.memory;

import dev.wayferry.posix.OwnedFd;

/**
 * The file behind a region of guest memory.
 *
 * @param descriptor the region's
 * @param offset where in the file the region begins, in bytes, a whole number of pages
 * @param seals its {@code F_SEAL_*} bits when it came, or a negative error number for a file that knows none
 * @param name what /proc calls it, for logs
 */
public record RegionFile(OwnedFd descriptor, long offset, int seals, String name) {}
