/** A Wayland connection's buffers and descriptor queues, the same for a client and a compositor. */
@NullMarked
package dev.wayferry.examples.wayland;

import org.jspecify.annotations.NullMarked;
