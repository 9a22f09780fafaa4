/**
 * A guest proxy: gives a guest's programs a Wayland display and carries each connection to the host's compositor over a
 * cross-domain context of its own.
 *
 * <p>Read in this order: {@link dev.wayferry.examples.guestproxy.GuestProxy} accepts the programs,
 * {@code ClientSession} is the loop of one of them, {@code CrossDomainChannel} its context, {@code RequestTranslator} and
 * {@code EventTranslator} the two ways, {@code ShmPool} and its neighbours the one thing that must be copied.
 *
 * <p>The proxy understands only what it must: which object has which interface, and which message carries a file. All
 * else passes as it is.
 */
@NullMarked
package dev.wayferry.examples.guestproxy;

import org.jspecify.annotations.NullMarked;
