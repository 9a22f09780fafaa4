/** What is measured, as running processes. */
@NullMarked
package dev.wayferry.examples.bench.backend;

import org.jspecify.annotations.NullMarked;
