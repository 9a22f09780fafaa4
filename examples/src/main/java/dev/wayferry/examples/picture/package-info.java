/** Pictures as plain arrays, and PNG files without the desktop classes, which are slow to start in an emulated guest. */
@NullMarked
package dev.wayferry.examples.picture;

import org.jspecify.annotations.NullMarked;
