/** What the host process tells of itself. */
@NullMarked
package dev.wayferry.proxy.stats;

import org.jspecify.annotations.NullMarked;
