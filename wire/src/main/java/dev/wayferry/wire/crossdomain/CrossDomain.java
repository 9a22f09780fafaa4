package dev.wayferry.wire.crossdomain;

/**
 * Numbers of the cross-domain protocol. Source: rutabaga_gfx, cross_domain_protocol.rs.
 *
 * <p>Up to WRITE and WRITE_PIPE there is one numbering. Behind them rutabaga_gfx and libkrun's fork of it (of the same
 * file's name) give some numbers different meanings; which of the two a guest means follows from the size of its INIT.
 */
public final class CrossDomain {
    public static final int CMD_INIT = 1;
    public static final int CMD_GET_IMAGE_REQUIREMENTS = 2;
    public static final int CMD_POLL = 3;
    public static final int CMD_SEND = 4;
    public static final int CMD_RECEIVE = 5;
    public static final int CMD_READ = 6;
    public static final int CMD_WRITE = 7;

    // As rutabaga_gfx numbers and calls them (cross_domain_protocol.rs of 2026).
    public static final int CMD_CREATE_ATOMIC_MEMORY_SENTINEL = 8;
    public static final int CMD_SIGNAL_ATOMIC_MEMORY_SENTINEL = 9;
    public static final int CMD_DESTROY_ATOMIC_MEMORY_SENTINEL = 10;
    /** Begins to watch an eventfd that was received. */
    public static final int CMD_READ_CREATE_EVENT = 11;
    public static final int CMD_IMPORT_VIRTIOFS_HANDLE = 12;
    /** Makes a received socket known to INIT. */
    public static final int CMD_ASSIGN_SOCKET_UUID = 13;

    // As libkrun does (src/rutabaga_gfx/src/cross_domain/cross_domain_protocol.rs).
    public static final int CMD_FUTEX_NEW = CMD_CREATE_ATOMIC_MEMORY_SENTINEL;
    public static final int CMD_FUTEX_SIGNAL = CMD_SIGNAL_ATOMIC_MEMORY_SENTINEL;
    public static final int CMD_FUTEX_DESTROY = CMD_DESTROY_ATOMIC_MEMORY_SENTINEL;
    public static final int CMD_READ_EVENTFD_NEW = CMD_READ_CREATE_EVENT;
    /** Ends what READ_EVENTFD_NEW began. */
    public static final int CMD_READ_EVENTFD_DESTROY = 12;

    public static final int CHANNEL_TYPE_NONE = 0;
    public static final int CHANNEL_TYPE_WAYLAND = 1;
    public static final int CHANNEL_TYPE_CAMERA = 2;
    public static final int CHANNEL_TYPE_PIPEWIRE = 0x10;
    public static final int CHANNEL_TYPE_X11 = 0x11;
    public static final int CHANNEL_TYPE_DBUS_SESSION = 0x12;
    public static final int CHANNEL_TYPE_DBUS_SYSTEM = 0x13;
    /** The last type that has a bit in {@link CrossDomainCapabilities#supportedChannels}. */
    public static final int MAX_CHANNEL_TYPE = 31;
    /** A socket that was received and given a UUID, see {@link #CMD_ASSIGN_SOCKET_UUID}. */
    public static final int CHANNEL_TYPE_INTERNAL_SOCKET = 0xffff_ffff;

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
    /** rutabaga_gfx: an eventfd, received only. */
    public static final int ID_TYPE_EVENT = 5;
    /** rutabaga_gfx: a file of another device's export table, sent only. */
    public static final int ID_TYPE_VIRTIO_FS_BLOB = 6;
    /** rutabaga_gfx: a connected socket, received only. */
    public static final int ID_TYPE_SOCKET = 7;
    /** libkrun: memory of a futex, a file of another device's export table, sent only. */
    public static final int ID_TYPE_SHM = 5;
    /** libkrun: an eventfd, received only. */
    public static final int ID_TYPE_EVENTFD = 6;

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
            case CMD_CREATE_ATOMIC_MEMORY_SENTINEL -> "CREATE_ATOMIC_MEMORY_SENTINEL (FUTEX_NEW)";
            case CMD_SIGNAL_ATOMIC_MEMORY_SENTINEL -> "SIGNAL_ATOMIC_MEMORY_SENTINEL (FUTEX_SIGNAL)";
            case CMD_DESTROY_ATOMIC_MEMORY_SENTINEL -> "DESTROY_ATOMIC_MEMORY_SENTINEL (FUTEX_DESTROY)";
            case CMD_READ_CREATE_EVENT -> "READ_CREATE_EVENT (READ_EVENTFD_NEW)";
            case CMD_IMPORT_VIRTIOFS_HANDLE -> "IMPORT_VIRTIOFS_HANDLE (or READ_EVENTFD_DESTROY)";
            case CMD_ASSIGN_SOCKET_UUID -> "ASSIGN_SOCKET_UUID";
            default -> "command " + cmd;
        };
    }

    /** What a channel type is called in logs and on the command line; its number if the protocol has no name for it. */
    public static String channelTypeName(int type) {
        return switch (type) {
            case CHANNEL_TYPE_WAYLAND -> "wayland";
            case CHANNEL_TYPE_CAMERA -> "camera";
            case CHANNEL_TYPE_PIPEWIRE -> "pipewire";
            case CHANNEL_TYPE_X11 -> "x11";
            case CHANNEL_TYPE_DBUS_SESSION -> "dbus-session";
            case CHANNEL_TYPE_DBUS_SYSTEM -> "dbus-system";
            case CHANNEL_TYPE_INTERNAL_SOCKET -> "internal-socket";
            default -> Integer.toUnsignedString(type);
        };
    }
}
