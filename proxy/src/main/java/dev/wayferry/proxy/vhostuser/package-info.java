/** The VMM's side: vhost-user messages on the main socket and on the back-channel. It knows neither virtio-gpu nor Wayland. */
@NullMarked
package dev.wayferry.proxy.vhostuser;

import org.jspecify.annotations.NullMarked;
