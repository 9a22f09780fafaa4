package dev.wayferry.examples.compositor;

import dev.wayferry.posix.PosixException;
import dev.wayferry.wire.wayland.WaylandReader;
import dev.wayferry.wire.wayland.WlDisplay;
import dev.wayferry.wire.wayland.WlKeyboard;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Collection;

final class KeyboardResource extends Resource {
    private static final int REPEAT_INFO_SINCE = 4;
    private static final int REPEATS_PER_SECOND = 25;
    private static final int REPEAT_DELAY_MILLIS = 600;

    KeyboardResource(Resource parent, int id) {
        super(parent, id, WlKeyboard.INTERFACE);
    }

    /** Sends what a new keyboard is told first. */
    void announce(Keymap keymap) throws ProtocolException {
        try {
            client().connection().queueFd(keymap.share().release());
        } catch (PosixException e) {
            throw error(WlDisplay.ERROR_NO_MEMORY, "no descriptor for the keymap: " + e.getMessage());
        }
        event(WlKeyboard.KEYMAP_EVENT)
                .putInt(WlKeyboard.KEYMAP_FORMAT_XKB_V1)
                .putInt(keymap.size())
                .end();
        if (version() >= REPEAT_INFO_SINCE) {
            event(WlKeyboard.REPEAT_INFO_EVENT)
                    .putInt(REPEATS_PER_SECOND)
                    .putInt(REPEAT_DELAY_MILLIS)
                    .end();
        }
    }

    void enter(int serial, Surface surface, Collection<Integer> pressed) {
        ByteBuffer keys = ByteBuffer.allocate(pressed.size() * Integer.BYTES).order(ByteOrder.nativeOrder());
        for (int key : pressed) {
            keys.putInt(key);
        }
        event(WlKeyboard.ENTER_EVENT)
                .putInt(serial)
                .putInt(surface.id())
                .putArray(keys.array())
                .end();
    }

    void leave(int serial, Surface surface) {
        event(WlKeyboard.LEAVE_EVENT).putInt(serial).putInt(surface.id()).end();
    }

    void key(int serial, int time, int key, boolean pressed) {
        event(WlKeyboard.KEY_EVENT)
                .putInt(serial)
                .putInt(time)
                .putInt(key)
                .putInt(pressed ? WlKeyboard.KEY_STATE_PRESSED : WlKeyboard.KEY_STATE_RELEASED)
                .end();
    }

    void modifiers(int serial, int depressed, int locked) {
        event(WlKeyboard.MODIFIERS_EVENT)
                .putInt(serial)
                .putInt(depressed)
                .putInt(0)
                .putInt(locked)
                .putInt(0)
                .end();
    }

    @Override
    void request(int opcode, WaylandReader args) {
        destroy();
    }

    @Override
    void destroyed() {
        display().seat().removeKeyboard(this);
    }
}
