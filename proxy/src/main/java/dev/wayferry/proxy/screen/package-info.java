/** What a guest shows on the GPU's scanout, and where that is to be seen on the host. */
@NullMarked
package dev.wayferry.proxy.screen;

import org.jspecify.annotations.NullMarked;
