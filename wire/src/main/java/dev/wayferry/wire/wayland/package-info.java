/**
 * The Wayland wire format: messages, their arguments, and the interfaces' own tables.
 *
 * <p>A message is a header of two words (object id; size in bytes in the upper and opcode in the lower 16 bits) and its
 * arguments, each a whole number of words of 32 bits in the host's byte order. Descriptors travel beside the bytes. Source:
 * the Wayland book's chapter "Wire Format", and libwayland's {@code connection.c}.
 *
 * <p>Each interface has a class of its name with its opcodes ({@code WlSurface.COMMIT} for requests,
 * {@code WlSurface.ENTER_EVENT} for events), the enumerations in use, and {@code INTERFACE}, the signatures as a table.
 */
@NullMarked
package dev.wayferry.wire.wayland;

import org.jspecify.annotations.NullMarked;
