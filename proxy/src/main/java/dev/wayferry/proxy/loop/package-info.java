/** One thread that waits for descriptors and runs everything hot of one VM. */
@NullMarked
package dev.wayferry.proxy.loop;

import org.jspecify.annotations.NullMarked;
