/** What one VM may have and do: the limits, and how often something may happen. */
@NullMarked
package dev.wayferry.proxy.limit;

import org.jspecify.annotations.NullMarked;
