/** What the process takes from itself before it serves anybody. */
@NullMarked
package dev.wayferry.proxy.sandbox;

import org.jspecify.annotations.NullMarked;
