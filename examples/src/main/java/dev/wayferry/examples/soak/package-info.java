/** Kills what is around a host process, again and again, and looks at what is left. */
@NullMarked
package dev.wayferry.examples.soak;

import org.jspecify.annotations.NullMarked;
