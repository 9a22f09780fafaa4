/** The cross-domain context: a channel to the compositor's socket, its mailbox, its files and its pipes. */
@NullMarked
package dev.wayferry.proxy.crossdomain;

import org.jspecify.annotations.NullMarked;
