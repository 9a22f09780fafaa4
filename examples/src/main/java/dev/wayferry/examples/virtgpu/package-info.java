/** What a guest's kernel offers on its virtio_gpu node, in two implementations: the node itself, and a loopback. */
@NullMarked
package dev.wayferry.examples.virtgpu;

import org.jspecify.annotations.NullMarked;
