/** The least that this machine could do, as a process of its own. */
@NullMarked
package dev.wayferry.examples.bench.floor;

import org.jspecify.annotations.NullMarked;
