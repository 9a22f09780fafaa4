/** The compositor of measurements, a process of its own that does as little as it can. */
@NullMarked
package dev.wayferry.examples.bench.compositor;

import org.jspecify.annotations.NullMarked;
