/** The guest's memory as this process sees it. */
@NullMarked
package dev.wayferry.proxy.memory;

import org.jspecify.annotations.NullMarked;
