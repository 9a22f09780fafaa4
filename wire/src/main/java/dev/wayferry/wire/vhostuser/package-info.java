/** vhost-user messages (QEMU, docs/interop/vhost-user.rst). Integers are in host byte order, which is little-endian here. */
@NullMarked
package dev.wayferry.wire.vhostuser;

import org.jspecify.annotations.NullMarked;
