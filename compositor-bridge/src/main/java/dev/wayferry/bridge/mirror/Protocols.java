package dev.wayferry.bridge.mirror;

import dev.wayferry.wire.wayland.WaylandInterface;
import dev.wayferry.wire.wayland.WaylandInterfaces;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The interfaces that the mirror follows: the core's and, of the extensions, those by which memory or a buffer may go to the
 * compositor otherwise than by a surface. Objects of others pass unseen. Only requests are listed.
 *
 * <p>Source: the protocols' XML (linux-dmabuf-v1, viewporter, virtual-keyboard-unstable-v1,
 * wlr-gamma-control-unstable-v1, wlr-screencopy-unstable-v1, ext-image-copy-capture-v1, xdg-toplevel-icon-v1,
 * weston-output-capture).
 */
final class Protocols {
    static final WaylandInterface VIEWPORTER = WaylandInterface.of(
            "wp_viewporter",
            1,
            """
            destroy!
            get_viewport n:wp_viewport o:wl_surface
            """,
            "");

    static final int GET_VIEWPORT = 1;

    static final WaylandInterface FIXES = WaylandInterface.of(
            "wl_fixes",
            1,
            """
            destroy!
            destroy_registry o:wl_registry
            """,
            "");

    static final int DESTROY_REGISTRY = 1;

    static final WaylandInterface TOPLEVEL_ICON = WaylandInterface.of(
            "xdg_toplevel_icon_v1",
            1,
            """
            destroy!
            set_name s
            add_buffer o:wl_buffer i
            """,
            "");

    static final int ADD_BUFFER = 2;

    private static final List<WaylandInterface> EXTENSIONS = List.of(
            VIEWPORTER,
            FIXES,
            TOPLEVEL_ICON,
            WaylandInterface.of(
                    "xdg_toplevel_icon_manager_v1",
                    1,
                    """
                    destroy!
                    create_icon n:xdg_toplevel_icon_v1
                    set_icon o:xdg_toplevel o:xdg_toplevel_icon_v1
                    """,
                    ""),
            WaylandInterface.of(
                    "zwp_linux_buffer_params_v1",
                    5,
                    """
                    destroy!
                    add h u u u u u
                    create i i u u
                    create_immed@2 n:wl_buffer i i u u
                    """,
                    ""),
            WaylandInterface.of(
                    "zwp_virtual_keyboard_manager_v1",
                    1,
                    """
                    create_virtual_keyboard o:wl_seat n:zwp_virtual_keyboard_v1
                    """,
                    ""),
            WaylandInterface.of(
                    "zwp_virtual_keyboard_v1",
                    1,
                    """
                    keymap u h u
                    key u u u
                    modifiers u u u u
                    destroy!
                    """,
                    ""),
            WaylandInterface.of(
                    "zwlr_gamma_control_manager_v1",
                    1,
                    """
                    get_gamma_control n:zwlr_gamma_control_v1 o:wl_output
                    destroy!
                    """,
                    ""),
            WaylandInterface.of(
                    "zwlr_gamma_control_v1",
                    1,
                    """
                    set_gamma h
                    destroy!
                    """,
                    ""),
            WaylandInterface.of(
                    "zwp_linux_dmabuf_v1",
                    5,
                    """
                    destroy!
                    create_params n:zwp_linux_buffer_params_v1
                    get_default_feedback@4 n:zwp_linux_dmabuf_feedback_v1
                    get_surface_feedback@4 n:zwp_linux_dmabuf_feedback_v1 o:wl_surface
                    """,
                    ""),
            WaylandInterface.of(
                    "zwlr_screencopy_manager_v1",
                    3,
                    """
                    capture_output n:zwlr_screencopy_frame_v1 i o:wl_output
                    capture_output_region n:zwlr_screencopy_frame_v1 i o:wl_output i i i i
                    destroy!
                    """,
                    ""),
            WaylandInterface.of(
                    "zwlr_screencopy_frame_v1",
                    3,
                    """
                    copy o:wl_buffer
                    destroy!
                    copy_with_damage@2 o:wl_buffer
                    """,
                    ""),
            WaylandInterface.of(
                    "ext_image_copy_capture_manager_v1",
                    1,
                    """
                    create_session n:ext_image_copy_capture_session_v1 o:ext_image_capture_source_v1 u
                    create_pointer_cursor_session n:ext_image_copy_capture_cursor_session_v1 o:ext_source o:wl_pointer
                    destroy!
                    """,
                    ""),
            WaylandInterface.of(
                    "ext_image_copy_capture_session_v1",
                    1,
                    """
                    create_frame n:ext_image_copy_capture_frame_v1
                    destroy!
                    """,
                    ""),
            WaylandInterface.of(
                    "ext_image_copy_capture_cursor_session_v1",
                    1,
                    """
                    destroy!
                    get_capture_session n:ext_image_copy_capture_session_v1
                    """,
                    ""),
            WaylandInterface.of(
                    "ext_image_copy_capture_frame_v1",
                    1,
                    """
                    destroy!
                    attach_buffer o:wl_buffer
                    damage_buffer i i i i
                    capture
                    """,
                    ""),
            WaylandInterface.of(
                    "weston_capture_v1",
                    1,
                    """
                    destroy!
                    create o:wl_output u n:weston_capture_source_v1
                    """,
                    ""),
            WaylandInterface.of(
                    "weston_capture_source_v1",
                    1,
                    """
                    destroy!
                    capture o:wl_buffer
                    """,
                    ""));

    private static final Map<String, WaylandInterface> BY_NAME = new HashMap<>();

    static {
        EXTENSIONS.forEach(each -> BY_NAME.put(each.name(), each));
        WaylandInterfaces.ALL.forEach(each -> BY_NAME.put(each.name(), each));
    }

    private Protocols() {}

    /** The interface of that name, or null for one whose objects pass unseen. */
    static @Nullable WaylandInterface named(@Nullable String name) {
        return BY_NAME.get(name);
    }
}
