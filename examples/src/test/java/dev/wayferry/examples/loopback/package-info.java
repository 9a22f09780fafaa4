/** The loopback guest against the real host process. */
@NullMarked
package dev.wayferry.examples.loopback;

import org.jspecify.annotations.NullMarked;
