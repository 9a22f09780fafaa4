/** virtio-gpu control messages (virtio specification, "GPU Device"). */
@NullMarked
package dev.wayferry.wire.gpu;

import org.jspecify.annotations.NullMarked;
