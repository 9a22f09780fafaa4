package dev.wayferry.proxy;

import dev.wayferry.posix.Sockets;
import dev.wayferry.wire.crossdomain.CrossDomain;
import java.nio.charset.StandardCharsets;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * A value of {@code --channel}: which of the host's sockets guests reach by channels of a type.
 *
 * @param type CROSS_DOMAIN_CHANNEL_TYPE_*, not Wayland's
 * @param socket a path, or {@code @name} for a socket in the abstract namespace
 */
record ChannelOption(int type, String socket) {
    private static final int FIRST_TYPE = CrossDomain.CHANNEL_TYPE_WAYLAND + 1;
    private static final int HEX = 16;

    /** Reads {@code x11=/tmp/.X11-unix/X0}, {@code 5=/run/my.sock} or {@code 0x1f=@name}. */
    static final class Converter implements ITypeConverter<ChannelOption> {
        @Override
        public ChannelOption convert(String value) {
            int equals = value.indexOf('=');
            if (equals < 0) {
                throw new TypeConversionException("'" + value + "' is not TYPE=PATH");
            }
            int type = type(value.substring(0, equals));
            String socket = value.substring(equals + 1);
            if (socket.isBlank() || socket.equals("@")) {
                throw new TypeConversionException("'" + value + "' names no socket");
            }
            if (socket.getBytes(StandardCharsets.UTF_8).length > Sockets.MAX_PATH) {
                throw new TypeConversionException(
                        "'" + value + "': a socket's path has at most " + Sockets.MAX_PATH + " bytes");
            }
            return new ChannelOption(type, socket);
        }

        private static int type(String text) {
            int type = named(text);
            if (type == CrossDomain.CHANNEL_TYPE_WAYLAND) {
                throw new TypeConversionException("the compositor's socket is given by --wayland-display");
            }
            if (type < FIRST_TYPE || type > CrossDomain.MAX_CHANNEL_TYPE) {
                throw new TypeConversionException("'" + text + "' is none of camera, pipewire, x11, dbus-session,"
                        + " dbus-system, and no number from " + FIRST_TYPE + " to " + CrossDomain.MAX_CHANNEL_TYPE);
            }
            return type;
        }

        private static int named(String text) {
            for (int type = 0; type <= CrossDomain.MAX_CHANNEL_TYPE; type++) {
                if (CrossDomain.channelTypeName(type).equals(text)) {
                    return type;
                }
            }
            try {
                return text.startsWith("0x") ? Integer.parseInt(text.substring(2), HEX) : Integer.parseInt(text);
            } catch (NumberFormatException e) {
                return -1;
            }
        }
    }
}
