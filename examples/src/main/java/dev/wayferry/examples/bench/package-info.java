/** Measures a vhost-user GPU back-end's way of Wayland beside the least that this machine could do. */
@NullMarked
package dev.wayferry.examples.bench;

import org.jspecify.annotations.NullMarked;
