/**
 * One connection to a host socket: bytes and files both ways, and what kind of file a descriptor is; and a window of our own
 * on the compositor.
 */
@NullMarked
package dev.wayferry.bridge;

import org.jspecify.annotations.NullMarked;
