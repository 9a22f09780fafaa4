/**
 * A small Wayland client: a connection without libwayland, a window of shared memory that moves a bar over one colour, and
 * the measuring of round trips. It starts as little of Java as it can, as it also runs in an emulated guest.
 */
@NullMarked
package dev.wayferry.examples.client;

import org.jspecify.annotations.NullMarked;
