package dev.wayferry.wire.vhostuser;

/** Numbers of vhost-user, named as in QEMU's docs/interop/vhost-user.rst. */
public final class VhostUser {
    public static final int VERSION = 1;
    public static final int VERSION_MASK = 3;
    public static final int FLAG_REPLY = 4;
    public static final int FLAG_NEED_REPLY = 8;

    /** Virtio feature bit that announces protocol features; never shown to the guest. */
    public static final int F_PROTOCOL_FEATURES = 30;

    // Protocol features (bit numbers).
    public static final int PROTOCOL_F_MQ = 0;
    public static final int PROTOCOL_F_REPLY_ACK = 3;
    public static final int PROTOCOL_F_BACKEND_REQ = 5;
    public static final int PROTOCOL_F_CONFIG = 9;
    public static final int PROTOCOL_F_BACKEND_SEND_FD = 10;
    public static final int PROTOCOL_F_INFLIGHT_SHMFD = 12;
    public static final int PROTOCOL_F_RESET_DEVICE = 13;
    public static final int PROTOCOL_F_CONFIGURE_MEM_SLOTS = 15;
    public static final int PROTOCOL_F_STATUS = 16;
    public static final int PROTOCOL_F_SHARED_OBJECT = 18;
    public static final int PROTOCOL_F_SHMEM = 22;
    /** SHMEM of crosvm from 2025-12 to 2026-03, before vhost-user.rst gave the bit to GET_VRING_BASE_INFLIGHT. */
    public static final int PROTOCOL_F_SHMEM_BIT20 = 20;
    /** SHMEM of crosvm from 2026-03 to 2026-08 and of rust-vmm, before vhost-user.rst gave the bit to GPA_ADDRESSES. */
    public static final int PROTOCOL_F_SHMEM_BIT21 = 21;
    /** Shared memory regions of crosvm from 2024-03 to 2025-12 and of Spectrum's cloud-hypervisor. */
    public static final int PROTOCOL_F_SHMEM_LEGACY = 31;

    // Front-end requests.
    public static final int GET_FEATURES = 1;
    public static final int SET_FEATURES = 2;
    public static final int SET_OWNER = 3;
    public static final int RESET_OWNER = 4;
    public static final int SET_MEM_TABLE = 5;
    public static final int SET_LOG_BASE = 6;
    public static final int SET_LOG_FD = 7;
    public static final int SET_VRING_NUM = 8;
    public static final int SET_VRING_ADDR = 9;
    public static final int SET_VRING_BASE = 10;
    public static final int GET_VRING_BASE = 11;
    public static final int SET_VRING_KICK = 12;
    public static final int SET_VRING_CALL = 13;
    public static final int SET_VRING_ERR = 14;
    public static final int GET_PROTOCOL_FEATURES = 15;
    public static final int SET_PROTOCOL_FEATURES = 16;
    public static final int GET_QUEUE_NUM = 17;
    public static final int SET_VRING_ENABLE = 18;
    public static final int SET_BACKEND_REQ_FD = 21;
    public static final int GET_CONFIG = 24;
    public static final int SET_CONFIG = 25;
    public static final int GET_INFLIGHT_FD = 31;
    public static final int SET_INFLIGHT_FD = 32;
    public static final int GPU_SET_SOCKET = 33;
    public static final int RESET_DEVICE = 34;
    public static final int GET_MAX_MEM_SLOTS = 36;
    public static final int ADD_MEM_REG = 37;
    public static final int REM_MEM_REG = 38;
    public static final int SET_STATUS = 39;
    public static final int GET_STATUS = 40;
    public static final int GET_SHARED_OBJECT = 41;
    public static final int GET_SHMEM_CONFIG = 44;
    /** With {@link #PROTOCOL_F_SHMEM_LEGACY}. */
    public static final int GET_SHARED_MEMORY_REGIONS = 1004;

    // Back-end requests.
    public static final int BACKEND_CONFIG_CHANGE_MSG = 2;
    public static final int BACKEND_SHARED_OBJECT_ADD = 6;
    public static final int BACKEND_SHARED_OBJECT_REMOVE = 7;
    public static final int BACKEND_SHARED_OBJECT_LOOKUP = 8;
    public static final int BACKEND_SHMEM_MAP = 9;
    public static final int BACKEND_SHMEM_UNMAP = 10;
    /** With {@link #PROTOCOL_F_SHMEM_LEGACY}; always answered. */
    public static final int BACKEND_LEGACY_SHMEM_MAP = 1000;
    /** With {@link #PROTOCOL_F_SHMEM_LEGACY}; always answered. */
    public static final int BACKEND_LEGACY_SHMEM_UNMAP = 1001;

    /** In the u64 of SET_VRING_KICK, CALL and ERR: the ring's number. */
    public static final int VRING_INDEX_MASK = 0xff;
    /** In the u64 of SET_VRING_KICK, CALL and ERR: no descriptor comes along. */
    public static final int VRING_NOFD_MASK = 0x100;

    /** Regions that SET_MEM_TABLE can hold. */
    public static final int MAX_MEM_TABLE_REGIONS = 8;

    /** Entries of a shared memory configuration, by shmid. */
    public static final int MAX_SHMEM_REGIONS = 256;
    /** Bytes of a GET_SHMEM_CONFIG reply: count, padding and a size for each shmid. */
    public static final int SHMEM_CONFIG_LENGTH = 8 + MAX_SHMEM_REGIONS * 8;

    /** Flag of SHMEM_MAP: the front-end maps for reading and writing. */
    public static final long SHMEM_MAP_RW = 1;

    /** Bytes of the configuration space that a message can name. */
    public static final int MAX_CONFIG_SIZE = 4096;

    private VhostUser() {}

    /** The specification's name of a front-end request, for logs. */
    public static String requestName(int request) {
        return switch (request) {
            case GET_FEATURES -> "GET_FEATURES";
            case SET_FEATURES -> "SET_FEATURES";
            case SET_OWNER -> "SET_OWNER";
            case RESET_OWNER -> "RESET_OWNER";
            case SET_MEM_TABLE -> "SET_MEM_TABLE";
            case SET_LOG_BASE -> "SET_LOG_BASE";
            case SET_LOG_FD -> "SET_LOG_FD";
            case SET_VRING_NUM -> "SET_VRING_NUM";
            case SET_VRING_ADDR -> "SET_VRING_ADDR";
            case SET_VRING_BASE -> "SET_VRING_BASE";
            case GET_VRING_BASE -> "GET_VRING_BASE";
            case SET_VRING_KICK -> "SET_VRING_KICK";
            case SET_VRING_CALL -> "SET_VRING_CALL";
            case SET_VRING_ERR -> "SET_VRING_ERR";
            case GET_PROTOCOL_FEATURES -> "GET_PROTOCOL_FEATURES";
            case SET_PROTOCOL_FEATURES -> "SET_PROTOCOL_FEATURES";
            case GET_QUEUE_NUM -> "GET_QUEUE_NUM";
            case SET_VRING_ENABLE -> "SET_VRING_ENABLE";
            case SET_BACKEND_REQ_FD -> "SET_BACKEND_REQ_FD";
            case GET_CONFIG -> "GET_CONFIG";
            case SET_CONFIG -> "SET_CONFIG";
            case GET_INFLIGHT_FD -> "GET_INFLIGHT_FD";
            case SET_INFLIGHT_FD -> "SET_INFLIGHT_FD";
            case GPU_SET_SOCKET -> "GPU_SET_SOCKET";
            case RESET_DEVICE -> "RESET_DEVICE";
            case GET_MAX_MEM_SLOTS -> "GET_MAX_MEM_SLOTS";
            case ADD_MEM_REG -> "ADD_MEM_REG";
            case REM_MEM_REG -> "REM_MEM_REG";
            case SET_STATUS -> "SET_STATUS";
            case GET_STATUS -> "GET_STATUS";
            case GET_SHARED_OBJECT -> "GET_SHARED_OBJECT";
            case GET_SHMEM_CONFIG -> "GET_SHMEM_CONFIG";
            case GET_SHARED_MEMORY_REGIONS -> "GET_SHARED_MEMORY_REGIONS";
            default -> "request " + request;
        };
    }
}
