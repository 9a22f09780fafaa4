/**
 * The one package of native calls: thin, dumb bindings to libc through {@link java.lang.foreign.Linker}.
 *
 * <p>Every call returns what the C function returns when that is zero or more, and the negative {@code errno} otherwise
 * ({@code -EAGAIN} is a state, not an error), so nothing here throws for what a kernel may answer. Policy lives above.
 */
@NullMarked
package dev.wayferry.posix;

import org.jspecify.annotations.NullMarked;
