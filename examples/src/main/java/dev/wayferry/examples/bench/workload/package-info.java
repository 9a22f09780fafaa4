/** What is done with a back-end while it is measured. */
@NullMarked
package dev.wayferry.examples.bench.workload;

import org.jspecify.annotations.NullMarked;
