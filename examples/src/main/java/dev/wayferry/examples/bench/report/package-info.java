/** What was measured, told to people and to programs. */
@NullMarked
package dev.wayferry.examples.bench.report;

import org.jspecify.annotations.NullMarked;
