/** The examples, run as a user runs them. */
@NullMarked
package dev.wayferry.examples.scripts;

import org.jspecify.annotations.NullMarked;
