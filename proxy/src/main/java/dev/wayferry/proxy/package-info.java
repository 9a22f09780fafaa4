/** The host process: its command line, and who puts a session's parts together. */
@NullMarked
package dev.wayferry.proxy;

import org.jspecify.annotations.NullMarked;
