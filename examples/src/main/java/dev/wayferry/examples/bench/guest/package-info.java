/** The guest's side of a measurement: one thread, and nothing that would hide the back-end's own time. */
@NullMarked
package dev.wayferry.examples.bench.guest;

import org.jspecify.annotations.NullMarked;
