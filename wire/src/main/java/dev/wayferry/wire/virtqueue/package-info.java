/** The split virtqueue (virtio specification, "Split Virtqueues"): its layout, and the driver's side of it. */
@NullMarked
package dev.wayferry.wire.virtqueue;

import org.jspecify.annotations.NullMarked;
