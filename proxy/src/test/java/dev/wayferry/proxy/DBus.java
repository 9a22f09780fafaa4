package dev.wayferry.proxy;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/** As much of the D-Bus protocol as passing a file takes. Source: D-Bus Specification, "Message Protocol". */
final class DBus {
    private static final int METHOD_CALL = 1;
    private static final int NO_REPLY_EXPECTED = 1;

    private DBus() {}

    /** What a client says first; the bus answers with two lines. */
    static byte[] greeting(int uid) {
        String user = HexFormat.of().formatHex(Integer.toString(uid).getBytes(StandardCharsets.US_ASCII));
        return ("\0AUTH EXTERNAL " + user + "\r\nNEGOTIATE_UNIX_FD\r\n").getBytes(StandardCharsets.US_ASCII);
    }

    /** What a client says next: that messages begin, and the first of them. */
    static byte[] hello() {
        byte[] begin = "BEGIN\r\n".getBytes(StandardCharsets.US_ASCII);
        byte[] call = call("org.freedesktop.DBus", "Hello", false);
        return ByteBuffer.allocate(begin.length + call.length).put(begin).put(call).array();
    }

    /** A method call, with one file or without. */
    static byte[] call(String destination, String member, boolean withFile) {
        ByteBuffer message = ByteBuffer.allocate(512).order(ByteOrder.LITTLE_ENDIAN);
        message.put((byte) 'l').put((byte) METHOD_CALL).put((byte) (withFile ? NO_REPLY_EXPECTED : 0)).put((byte) 1);
        message.putInt(withFile ? Integer.BYTES : 0).putInt(1).putInt(0);
        int start = message.position();
        field(message, 1, 'o', "/org/freedesktop/DBus");
        field(message, 2, 's', "org.freedesktop.DBus");
        field(message, 3, 's', member);
        field(message, 6, 's', destination);
        if (withFile) {
            align(message, 8);
            message.put((byte) 8).put(new byte[] {1, 'g', 0}).put(new byte[] {1, 'h', 0});
            align(message, 8);
            message.put((byte) 9).put(new byte[] {1, 'u', 0});
            message.putInt(1);
        }
        message.putInt(start - Integer.BYTES, message.position() - start);
        align(message, 8);
        if (withFile) {
            message.putInt(0);
        }
        byte[] bytes = new byte[message.position()];
        message.get(0, bytes);
        return bytes;
    }

    private static void field(ByteBuffer message, int code, char type, String value) {
        align(message, 8);
        message.put((byte) code).put(new byte[] {1, (byte) type, 0});
        message.putInt(value.length()).put(value.getBytes(StandardCharsets.US_ASCII)).put((byte) 0);
    }

    private static void align(ByteBuffer message, int to) {
        message.position((message.position() + to - 1) & -to);
    }
}
