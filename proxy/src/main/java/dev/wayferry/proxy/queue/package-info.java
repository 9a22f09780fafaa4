/** The device's side of the split virtqueue. It knows no device. */
@NullMarked
package dev.wayferry.proxy.queue;

import org.jspecify.annotations.NullMarked;
