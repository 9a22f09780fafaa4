/** What several tests of the examples need. */
@NullMarked
package dev.wayferry.examples.testing;

import org.jspecify.annotations.NullMarked;
