/** Linux's virtio_gpu DRM node, by its ioctls. */
@NullMarked
package dev.wayferry.examples.drm;

import org.jspecify.annotations.NullMarked;
