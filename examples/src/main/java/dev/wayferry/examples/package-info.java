/** The programs that the examples are made of, behind one command line. */
@NullMarked
package dev.wayferry.examples;

import org.jspecify.annotations.NullMarked;
