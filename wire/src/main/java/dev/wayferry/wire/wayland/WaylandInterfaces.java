package dev.wayferry.wire.wayland;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The tables by the interfaces' names. */
public final class WaylandInterfaces {
    /** Every interface that has a table here. */
    public static final List<WaylandInterface> ALL = List.of(
            WlDisplay.INTERFACE,
            WlRegistry.INTERFACE,
            WlCallback.INTERFACE,
            WlCompositor.INTERFACE,
            WlSubcompositor.INTERFACE,
            WlSubsurface.INTERFACE,
            WlSurface.INTERFACE,
            WlRegion.INTERFACE,
            WlShm.INTERFACE,
            WlShmPool.INTERFACE,
            WlBuffer.INTERFACE,
            WlOutput.INTERFACE,
            WlSeat.INTERFACE,
            WlPointer.INTERFACE,
            WlKeyboard.INTERFACE,
            WlTouch.INTERFACE,
            WlDataDeviceManager.INTERFACE,
            WlDataDevice.INTERFACE,
            WlDataSource.INTERFACE,
            WlDataOffer.INTERFACE,
            XdgWmBase.INTERFACE,
            XdgPositioner.INTERFACE,
            XdgSurface.INTERFACE,
            XdgToplevel.INTERFACE,
            XdgPopup.INTERFACE);

    private static final Map<String, WaylandInterface> BY_NAME = HashMap.newHashMap(ALL.size());

    static {
        for (WaylandInterface each : ALL) {
            BY_NAME.put(each.name(), each);
        }
    }

    private WaylandInterfaces() {}

    /** The interface of that name, or null when there is no table for it. */
    public static @Nullable WaylandInterface named(String name) {
        return BY_NAME.get(name);
    }
}
