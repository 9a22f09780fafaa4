/** Logging what a guest can cause. */
@NullMarked
package dev.wayferry.proxy.log;

import org.jspecify.annotations.NullMarked;
