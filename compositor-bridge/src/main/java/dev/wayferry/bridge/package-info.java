/** One connection to a host socket: bytes and files both ways, and what kind of file a descriptor is. */
@NullMarked
package dev.wayferry.bridge;

import org.jspecify.annotations.NullMarked;
