/** A mirror of shared memory that the compositor can't share: it follows what programs do with it and copies. */
@NullMarked
package dev.wayferry.bridge.mirror;

import org.jspecify.annotations.NullMarked;
