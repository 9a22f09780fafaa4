package dev.wayferry.examples.guestproxy;

import dev.wayferry.wire.wayland.WlDisplay;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The objects of one connection by their numbers. Objects of unknown interfaces' making are not in it. */
final class ObjectTable implements AutoCloseable {
    static final int DISPLAY_ID = 1;

    /** The first number that a compositor gives; below it the program gives them. */
    static final int FIRST_SERVER_ID = 0xff00_0000;

    /** libwayland ends a connection at this many, too (WL_MAP_MAX_OBJECTS). */
    private static final int MAX_OBJECTS = 0x00f0_0000;

    private final List<@Nullable WaylandObject> clientObjects = new ArrayList<>();
    private final List<@Nullable WaylandObject> serverObjects = new ArrayList<>();

    ObjectTable() {
        put(new WaylandObject(DISPLAY_ID, WlDisplay.INTERFACE.name()));
    }

    /** Whether the compositor numbers it, which then does not announce its end by {@code delete_id}. */
    static boolean isServerId(int id) {
        return Integer.compareUnsigned(id, FIRST_SERVER_ID) >= 0;
    }

    /** The object of that number, or null. */
    @Nullable WaylandObject get(int id) {
        List<@Nullable WaylandObject> objects = objectsFor(id);
        int index = indexOf(id);
        return index < objects.size() ? objects.get(index) : null;
    }

    /**
     * Enters an object, in the place of what had its number before. Numbers are dense, as libwayland demands; one far from
     * the others is left out, for the compositor will end that connection.
     */
    void put(WaylandObject object) {
        List<@Nullable WaylandObject> objects = objectsFor(object.id());
        int index = indexOf(object.id());
        if (index >= MAX_OBJECTS || index > objects.size() + 1024) {
            return;
        }
        while (objects.size() <= index) {
            objects.add(null);
        }
        WaylandObject before = objects.set(index, object);
        if (before != null) {
            before.discard();
        }
    }

    /** The program has destroyed it; its number stays taken until the compositor agrees. */
    void destroy(WaylandObject object) {
        put(new WaylandObject(object.id(), object.interfaceName()));
    }

    /** Makes and enters an object of an interface. */
    WaylandObject make(int id, String interfaceName) {
        WaylandObject object = switch (interfaceName) {
            case "wl_shm" -> new ShmGlobal(id);
            case "wl_surface" -> new Surface(id);
            case "zwlr_screencopy_frame_v1", "ext_image_copy_capture_frame_v1", "weston_capture_source_v1" ->
                new Capture(id, interfaceName);
            default -> new WaylandObject(id, interfaceName);
        };
        put(object);
        return object;
    }

    /** Forgets the object of that number, if there is one. */
    void remove(int id) {
        WaylandObject object = get(id);
        if (object != null) {
            objectsFor(id).set(indexOf(id), null);
            object.discard();
        }
    }

    /** Discards every object. */
    @Override
    public void close() {
        for (List<@Nullable WaylandObject> objects : List.of(clientObjects, serverObjects)) {
            for (WaylandObject object : objects) {
                if (object != null) {
                    object.discard();
                }
            }
            objects.clear();
        }
    }

    private List<@Nullable WaylandObject> objectsFor(int id) {
        return isServerId(id) ? serverObjects : clientObjects;
    }

    private static int indexOf(int id) {
        return isServerId(id) ? id - FIRST_SERVER_ID : id;
    }
}
