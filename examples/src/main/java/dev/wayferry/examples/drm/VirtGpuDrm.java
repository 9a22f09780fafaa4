package dev.wayferry.examples.drm;

/**
 * Numbers and layouts of the DRM node, named as in Linux's {@code uapi/drm/drm.h} and {@code virtgpu_drm.h}; offsets are in
 * bytes. The same on every 64-bit architecture with the generic ioctl numbers (x86_64, aarch64, riscv64).
 */
final class VirtGpuDrm {
    static final long DRM_IOCTL_VERSION = 0xc040_6400L;
    static final long DRM_IOCTL_GEM_CLOSE = 0x4008_6409L;
    static final long DRM_IOCTL_PRIME_HANDLE_TO_FD = 0xc00c_642dL;
    static final long DRM_IOCTL_PRIME_FD_TO_HANDLE = 0xc00c_642eL;
    static final long DRM_IOCTL_VIRTGPU_MAP = 0xc010_6441L;
    static final long DRM_IOCTL_VIRTGPU_EXECBUFFER = 0xc040_6442L;
    static final long DRM_IOCTL_VIRTGPU_GETPARAM = 0xc010_6443L;
    static final long DRM_IOCTL_VIRTGPU_RESOURCE_INFO = 0xc010_6445L;
    static final long DRM_IOCTL_VIRTGPU_WAIT = 0xc008_6448L;
    static final long DRM_IOCTL_VIRTGPU_GET_CAPS = 0xc018_6449L;
    static final long DRM_IOCTL_VIRTGPU_RESOURCE_CREATE_BLOB = 0xc030_644aL;
    static final long DRM_IOCTL_VIRTGPU_CONTEXT_INIT = 0xc010_644bL;

    // struct drm_version
    static final int VERSION_SIZE = 64;
    static final int VERSION_NAME_LEN_OFFSET = 16;
    static final int VERSION_NAME_OFFSET = 24;

    // struct drm_gem_close
    static final int GEM_CLOSE_SIZE = 8;
    static final int GEM_CLOSE_HANDLE_OFFSET = 0;

    // struct drm_prime_handle; flags are O_CLOEXEC and O_RDWR
    static final int PRIME_HANDLE_SIZE = 12;
    static final int PRIME_HANDLE_HANDLE_OFFSET = 0;
    static final int PRIME_HANDLE_FLAGS_OFFSET = 4;
    static final int PRIME_HANDLE_FD_OFFSET = 8;

    // struct drm_virtgpu_map
    static final int MAP_SIZE = 16;
    static final int MAP_OFFSET_OFFSET = 0;
    static final int MAP_HANDLE_OFFSET = 8;

    // struct drm_virtgpu_execbuffer
    static final int EXECBUFFER_SIZE = 64;
    static final int EXECBUFFER_FLAGS_OFFSET = 0;
    static final int EXECBUFFER_SIZE_OFFSET = 4;
    static final int EXECBUFFER_COMMAND_OFFSET = 8;
    static final int EXECBUFFER_BO_HANDLES_OFFSET = 16;
    static final int EXECBUFFER_NUM_BO_HANDLES_OFFSET = 24;
    static final int EXECBUFFER_FENCE_FD_OFFSET = 28;
    static final int EXECBUFFER_RING_IDX_OFFSET = 32;
    static final int VIRTGPU_EXECBUF_RING_IDX = 4;

    // struct drm_virtgpu_getparam
    static final int GETPARAM_SIZE = 16;
    static final int GETPARAM_PARAM_OFFSET = 0;
    static final int GETPARAM_VALUE_OFFSET = 8;
    static final int VIRTGPU_PARAM_RESOURCE_BLOB = 3;
    static final int VIRTGPU_PARAM_HOST_VISIBLE = 4;
    static final int VIRTGPU_PARAM_CONTEXT_INIT = 6;
    static final int VIRTGPU_PARAM_SUPPORTED_CAPSET_IDS = 7;

    // struct drm_virtgpu_resource_info
    static final int RESOURCE_INFO_SIZE = 16;
    static final int RESOURCE_INFO_BO_HANDLE_OFFSET = 0;
    static final int RESOURCE_INFO_RES_HANDLE_OFFSET = 4;
    static final int RESOURCE_INFO_SIZE_OFFSET = 8;
    static final int RESOURCE_INFO_BLOB_MEM_OFFSET = 12;

    // struct drm_virtgpu_3d_wait
    static final int WAIT_SIZE = 8;
    static final int WAIT_HANDLE_OFFSET = 0;
    static final int WAIT_FLAGS_OFFSET = 4;
    static final int VIRTGPU_WAIT_NOWAIT = 1;

    // struct drm_virtgpu_get_caps
    static final int GET_CAPS_SIZE = 24;
    static final int GET_CAPS_CAP_SET_ID_OFFSET = 0;
    static final int GET_CAPS_CAP_SET_VER_OFFSET = 4;
    static final int GET_CAPS_ADDR_OFFSET = 8;
    static final int GET_CAPS_SIZE_OFFSET = 16;

    // struct drm_virtgpu_resource_create_blob
    static final int CREATE_BLOB_SIZE = 48;
    static final int CREATE_BLOB_BLOB_MEM_OFFSET = 0;
    static final int CREATE_BLOB_BLOB_FLAGS_OFFSET = 4;
    static final int CREATE_BLOB_BO_HANDLE_OFFSET = 8;
    static final int CREATE_BLOB_RES_HANDLE_OFFSET = 12;
    static final int CREATE_BLOB_SIZE_OFFSET = 16;
    static final int CREATE_BLOB_BLOB_ID_OFFSET = 40;

    // struct drm_virtgpu_context_init and struct drm_virtgpu_context_set_param
    static final int CONTEXT_INIT_SIZE = 16;
    static final int CONTEXT_INIT_NUM_PARAMS_OFFSET = 0;
    static final int CONTEXT_INIT_CTX_SET_PARAMS_OFFSET = 8;
    static final int CONTEXT_SET_PARAM_SIZE = 16;
    static final int CONTEXT_SET_PARAM_PARAM_OFFSET = 0;
    static final int CONTEXT_SET_PARAM_VALUE_OFFSET = 8;
    static final int VIRTGPU_CONTEXT_PARAM_CAPSET_ID = 1;
    static final int VIRTGPU_CONTEXT_PARAM_NUM_RINGS = 2;
    static final int VIRTGPU_CONTEXT_PARAM_POLL_RINGS_MASK = 3;

    // struct drm_event
    static final int EVENT_SIZE = 8;
    static final int EVENT_TYPE_OFFSET = 0;
    static final int VIRTGPU_EVENT_FENCE_SIGNALED = 0x9000_0000;

    private VirtGpuDrm() {}
}
