/** The host process, run as its own process as its users run it. */
@NullMarked
package dev.wayferry.examples.host;

import org.jspecify.annotations.NullMarked;
