/**
 * A headless Wayland compositor for tests and for machines that have none: windows by xdg_wm_base with shared memory, a
 * keyboard and a pointer that the test moves, clipboard, drag and drop, and a picture of what is on screen.
 *
 * <p>{@link dev.wayferry.examples.compositor.EmbeddedCompositor} is all there is to use. Behind it one thread runs
 * everything: {@code EventLoop} waits, {@code Client} reads requests, and each protocol object is a {@code Resource} of
 * the interface's name. Pixels are copied out of a client's file at each commit, so that no client can take them away.
 */
@NullMarked
package dev.wayferry.examples.compositor;

import org.jspecify.annotations.NullMarked;
