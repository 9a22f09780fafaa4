/** Fuzzing of the host process's classes by a guest, a VMM and a compositor that mean it harm. */
@NullMarked
package dev.wayferry.fuzz;

import org.jspecify.annotations.NullMarked;
