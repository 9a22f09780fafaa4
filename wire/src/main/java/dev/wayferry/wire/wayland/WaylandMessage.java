package dev.wayferry.wire.wayland;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The signature of one request or event.
 *
 * @param name the protocol's name
 * @param since the interface version that brought it
 * @param destructor whether the object is gone after it
 * @param arguments in order; a {@code new_id} without a fixed interface stands as the three of the wire, string, uint,
 *     new_id
 * @param fdCount how many of the arguments are descriptors
 */
public record WaylandMessage(String name, int since, boolean destructor, List<Argument> arguments, int fdCount) {
    public static final char INT = 'i';
    public static final char UINT = 'u';
    /** A signed number with 8 bits behind the point. */
    public static final char FIXED = 'f';
    public static final char STRING = 's';
    public static final char OBJECT = 'o';
    public static final char NEW_ID = 'n';
    public static final char ARRAY = 'a';
    /** A descriptor: beside the bytes, not among them. */
    public static final char FD = 'h';

    /**
     * One argument.
     *
     * @param type one of the letters above, which are libwayland's
     * @param nullable whether it may be null (a string of length 0, object 0)
     * @param interfaceName of an object or new_id, when the protocol fixes it
     */
    public record Argument(char type, boolean nullable, @Nullable String interfaceName) {}
}
