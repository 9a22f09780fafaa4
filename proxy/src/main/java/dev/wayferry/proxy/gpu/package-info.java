/** The virtio-gpu device: resources, contexts, fences and the host-visible window. It knows no transport. */
@NullMarked
package dev.wayferry.proxy.gpu;

import org.jspecify.annotations.NullMarked;
