/** Where a client finds its compositor. */
@NullMarked
package dev.wayferry.examples.wayland;

import org.jspecify.annotations.NullMarked;
