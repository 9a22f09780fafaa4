/** What the bytes mean. Nothing here knows sockets, threads or policy. */
@NullMarked
package dev.wayferry.wire;

import org.jspecify.annotations.NullMarked;
