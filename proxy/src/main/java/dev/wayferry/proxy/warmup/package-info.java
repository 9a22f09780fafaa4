/** The path run in before the first guest comes: the device's own classes between a guest and a server of ours. */
@NullMarked
package dev.wayferry.proxy.warmup;

import org.jspecify.annotations.NullMarked;
