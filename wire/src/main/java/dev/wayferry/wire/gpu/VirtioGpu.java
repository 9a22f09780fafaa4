package dev.wayferry.wire.gpu;

/** Numbers of virtio-gpu, named as in the virtio specification's "GPU Device" and Linux's {@code virtio_gpu.h}. */
public final class VirtioGpu {
    /** Virtio device id. */
    public static final int DEVICE_ID = 16;

    public static final int CONTROLQ = 0;
    public static final int CURSORQ = 1;

    // Feature bits (numbers, not masks).
    public static final int VIRTIO_GPU_F_VIRGL = 0;
    public static final int VIRTIO_GPU_F_EDID = 1;
    public static final int VIRTIO_GPU_F_RESOURCE_UUID = 2;
    public static final int VIRTIO_GPU_F_RESOURCE_BLOB = 3;
    public static final int VIRTIO_GPU_F_CONTEXT_INIT = 4;
    public static final int VIRTIO_GPU_F_BLOB_ALIGNMENT = 5;

    // Offsets in the configuration space, each a u32.
    public static final int CONFIG_EVENTS_READ_OFFSET = 0;
    public static final int CONFIG_EVENTS_CLEAR_OFFSET = 4;
    public static final int CONFIG_NUM_SCANOUTS_OFFSET = 8;
    public static final int CONFIG_NUM_CAPSETS_OFFSET = 12;
    public static final int CONFIG_BLOB_ALIGNMENT_OFFSET = 16;

    /** Of events_read and events_clear: what GET_DISPLAY_INFO and GET_EDID answer is another. */
    public static final int EVENT_DISPLAY = 1;

    /** The shared memory region that holds mapped blobs. */
    public static final int SHM_ID_HOST_VISIBLE = 1;

    // 2d commands.
    public static final int CMD_GET_DISPLAY_INFO = 0x100;
    public static final int CMD_RESOURCE_CREATE_2D = 0x101;
    public static final int CMD_RESOURCE_UNREF = 0x102;
    public static final int CMD_SET_SCANOUT = 0x103;
    public static final int CMD_RESOURCE_FLUSH = 0x104;
    public static final int CMD_TRANSFER_TO_HOST_2D = 0x105;
    public static final int CMD_RESOURCE_ATTACH_BACKING = 0x106;
    public static final int CMD_RESOURCE_DETACH_BACKING = 0x107;
    public static final int CMD_GET_CAPSET_INFO = 0x108;
    public static final int CMD_GET_CAPSET = 0x109;
    public static final int CMD_GET_EDID = 0x10a;
    public static final int CMD_RESOURCE_ASSIGN_UUID = 0x10b;
    public static final int CMD_RESOURCE_CREATE_BLOB = 0x10c;
    public static final int CMD_SET_SCANOUT_BLOB = 0x10d;

    // 3d commands.
    public static final int CMD_CTX_CREATE = 0x200;
    public static final int CMD_CTX_DESTROY = 0x201;
    public static final int CMD_CTX_ATTACH_RESOURCE = 0x202;
    public static final int CMD_CTX_DETACH_RESOURCE = 0x203;
    public static final int CMD_RESOURCE_CREATE_3D = 0x204;
    public static final int CMD_TRANSFER_TO_HOST_3D = 0x205;
    public static final int CMD_TRANSFER_FROM_HOST_3D = 0x206;
    public static final int CMD_SUBMIT_3D = 0x207;
    public static final int CMD_RESOURCE_MAP_BLOB = 0x208;
    public static final int CMD_RESOURCE_UNMAP_BLOB = 0x209;

    // Cursor commands.
    public static final int CMD_UPDATE_CURSOR = 0x300;
    public static final int CMD_MOVE_CURSOR = 0x301;

    // Success responses.
    public static final int RESP_OK_NODATA = 0x1100;
    public static final int RESP_OK_DISPLAY_INFO = 0x1101;
    public static final int RESP_OK_CAPSET_INFO = 0x1102;
    public static final int RESP_OK_CAPSET = 0x1103;
    public static final int RESP_OK_EDID = 0x1104;
    public static final int RESP_OK_RESOURCE_UUID = 0x1105;
    public static final int RESP_OK_MAP_INFO = 0x1106;

    // Error responses.
    public static final int RESP_ERR_UNSPEC = 0x1200;
    public static final int RESP_ERR_OUT_OF_MEMORY = 0x1201;
    public static final int RESP_ERR_INVALID_SCANOUT_ID = 0x1202;
    public static final int RESP_ERR_INVALID_RESOURCE_ID = 0x1203;
    public static final int RESP_ERR_INVALID_CONTEXT_ID = 0x1204;
    public static final int RESP_ERR_INVALID_PARAMETER = 0x1205;

    public static final int FLAG_FENCE = 1;
    public static final int FLAG_INFO_RING_IDX = 2;

    public static final int BLOB_MEM_GUEST = 1;
    public static final int BLOB_MEM_HOST3D = 2;
    public static final int BLOB_MEM_HOST3D_GUEST = 3;

    public static final int BLOB_FLAG_USE_MAPPABLE = 1;
    public static final int BLOB_FLAG_USE_SHAREABLE = 2;
    public static final int BLOB_FLAG_USE_CROSS_DEVICE = 4;

    public static final int MAP_CACHE_CACHED = 1;
    public static final int MAP_CACHE_UNCACHED = 2;
    public static final int MAP_CACHE_WC = 3;

    // Formats of 2D resources, named in the order of the bytes.
    public static final int FORMAT_B8G8R8A8_UNORM = 1;
    public static final int FORMAT_B8G8R8X8_UNORM = 2;
    public static final int FORMAT_A8R8G8B8_UNORM = 3;
    public static final int FORMAT_X8R8G8B8_UNORM = 4;
    public static final int FORMAT_R8G8B8A8_UNORM = 67;
    public static final int FORMAT_X8B8G8R8_UNORM = 68;
    public static final int FORMAT_A8B8G8R8_UNORM = 121;
    public static final int FORMAT_R8G8B8X8_UNORM = 134;

    public static final int CAPSET_CROSS_DOMAIN = 5;

    /** The low bits of {@code context_init} that hold the capset. */
    public static final int CONTEXT_INIT_CAPSET_ID_MASK = 0xff;

    /** How many displays a display info holds, and the most scanouts there can be. */
    public static final int MAX_SCANOUTS = 16;

    private VirtioGpu() {}

    /** The specification's names of feature bits, for logs. */
    public static String featureNames(long features) {
        String[] names = {"VIRGL", "EDID", "RESOURCE_UUID", "RESOURCE_BLOB", "CONTEXT_INIT", "BLOB_ALIGNMENT"};
        StringBuilder all = new StringBuilder();
        for (int bit = 0; bit < names.length; bit++) {
            if ((features & 1L << bit) != 0) {
                all.append(all.isEmpty() ? "" : ", ").append(names[bit]);
            }
        }
        return all.toString();
    }

    /** The specification's name of a command, for logs; hexadecimal for an unknown one. */
    public static String commandName(int type) {
        return switch (type) {
            case CMD_GET_DISPLAY_INFO -> "GET_DISPLAY_INFO";
            case CMD_RESOURCE_CREATE_2D -> "RESOURCE_CREATE_2D";
            case CMD_RESOURCE_UNREF -> "RESOURCE_UNREF";
            case CMD_SET_SCANOUT -> "SET_SCANOUT";
            case CMD_RESOURCE_FLUSH -> "RESOURCE_FLUSH";
            case CMD_TRANSFER_TO_HOST_2D -> "TRANSFER_TO_HOST_2D";
            case CMD_RESOURCE_ATTACH_BACKING -> "RESOURCE_ATTACH_BACKING";
            case CMD_RESOURCE_DETACH_BACKING -> "RESOURCE_DETACH_BACKING";
            case CMD_GET_CAPSET_INFO -> "GET_CAPSET_INFO";
            case CMD_GET_CAPSET -> "GET_CAPSET";
            case CMD_GET_EDID -> "GET_EDID";
            case CMD_RESOURCE_ASSIGN_UUID -> "RESOURCE_ASSIGN_UUID";
            case CMD_RESOURCE_CREATE_BLOB -> "RESOURCE_CREATE_BLOB";
            case CMD_SET_SCANOUT_BLOB -> "SET_SCANOUT_BLOB";
            case CMD_CTX_CREATE -> "CTX_CREATE";
            case CMD_CTX_DESTROY -> "CTX_DESTROY";
            case CMD_CTX_ATTACH_RESOURCE -> "CTX_ATTACH_RESOURCE";
            case CMD_CTX_DETACH_RESOURCE -> "CTX_DETACH_RESOURCE";
            case CMD_RESOURCE_CREATE_3D -> "RESOURCE_CREATE_3D";
            case CMD_TRANSFER_TO_HOST_3D -> "TRANSFER_TO_HOST_3D";
            case CMD_TRANSFER_FROM_HOST_3D -> "TRANSFER_FROM_HOST_3D";
            case CMD_SUBMIT_3D -> "SUBMIT_3D";
            case CMD_RESOURCE_MAP_BLOB -> "RESOURCE_MAP_BLOB";
            case CMD_RESOURCE_UNMAP_BLOB -> "RESOURCE_UNMAP_BLOB";
            case CMD_UPDATE_CURSOR -> "UPDATE_CURSOR";
            case CMD_MOVE_CURSOR -> "MOVE_CURSOR";
            default -> "command 0x" + Integer.toHexString(type);
        };
    }
}
