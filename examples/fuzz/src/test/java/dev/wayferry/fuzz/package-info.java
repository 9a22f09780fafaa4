@NullMarked
package dev.wayferry.fuzz;

import org.jspecify.annotations.NullMarked;
