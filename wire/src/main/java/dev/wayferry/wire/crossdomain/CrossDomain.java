package dev.wayferry.wire.crossdomain;

/** Numbers of the cross-domain protocol. Source: rutabaga_gfx, cross_domain_protocol.rs. */
public final class CrossDomain {
    public static final int CMD_INIT = 1;
    public static final int CMD_GET_IMAGE_REQUIREMENTS = 2;
    public static final int CMD_POLL = 3;
    public static final int CMD_SEND = 4;
    public static final int CMD_RECEIVE = 5;
    public static final int CMD_READ = 6;
    public static final int CMD_WRITE = 7;

    public static final int CHANNEL_TYPE_NONE = 0;
    public static final int CHANNEL_TYPE_WAYLAND = 1;

    /** The timeline of image queries. */
    public static final int QUERY_RING = 0;
    /** The timeline of POLL: a completed fence there means that the channel ring holds one message. */
    public static final int CHANNEL_RING = 1;

    /** Any memory: a resource of the guest's when sent, a blob id when received. */
    public static final int ID_TYPE_VIRTGPU_BLOB = 1;
    public static final int ID_TYPE_VIRTGPU_SYNC = 2;
    /** The host will read: the guest sent the write end of a pipe. */
    public static final int ID_TYPE_READ_PIPE = 3;
    /** The host will be written to: the compositor sent the write end of a pipe. */
    public static final int ID_TYPE_WRITE_PIPE = 4;

    /** Files that one SEND or RECEIVE holds, as many as libwayland puts into a message. */
    public static final int MAX_IDENTIFIERS = 28;

    /** The first number a guest chooses for a pipe; below it the host chooses. */
    public static final int FIRST_GUEST_IDENTIFIER = 0x8000_0000;
    /** The first number the host chooses. */
    public static final int FIRST_HOST_IDENTIFIER = 2;

    /** Bytes of a ring, whatever the size of the resource behind it. */
    public static final int RING_SIZE = 4096;

    /** The most bytes of the channel that one RECEIVE holds. */
    public static final int MAX_RECEIVE_DATA = RING_SIZE - CrossDomainSendReceive.LENGTH;

    /** The most bytes of a pipe that one READ holds. */
    public static final int MAX_READ_DATA = RING_SIZE - CrossDomainReadWrite.LENGTH;

    private CrossDomain() {}

    /** The protocol's name of a command, for logs. */
    public static String commandName(int cmd) {
        return switch (cmd) {
            case CMD_INIT -> "INIT";
            case CMD_GET_IMAGE_REQUIREMENTS -> "GET_IMAGE_REQUIREMENTS";
            case CMD_POLL -> "POLL";
            case CMD_SEND -> "SEND";
            case CMD_RECEIVE -> "RECEIVE";
            case CMD_READ -> "READ";
            case CMD_WRITE -> "WRITE";
            default -> "command " + cmd;
        };
    }
}
