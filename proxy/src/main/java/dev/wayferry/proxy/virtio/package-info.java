/** What a virtio device and its transport expect of each other. */
@NullMarked
package dev.wayferry.proxy.virtio;

import org.jspecify.annotations.NullMarked;
