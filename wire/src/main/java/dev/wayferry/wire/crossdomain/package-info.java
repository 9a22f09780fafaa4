/** The cross-domain protocol, capset 5 of virtio-gpu, as the reference implementation (rutabaga_gfx) lays it out. */
@NullMarked
package dev.wayferry.wire.crossdomain;

import org.jspecify.annotations.NullMarked;
