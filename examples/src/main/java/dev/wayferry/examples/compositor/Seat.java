package dev.wayferry.examples.compositor;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The user's pointer and keyboard: where they are and who hears of them. */
final class Seat implements AutoCloseable {
    private static final double WHEEL_STEP = 10;

    private final Display display;
    private final Keymap keymap;
    private final List<PointerResource> pointers = new ArrayList<>();
    private final List<KeyboardResource> keyboards = new ArrayList<>();
    private final Set<Integer> buttons = new LinkedHashSet<>();
    private final Set<Integer> keys = new LinkedHashSet<>();

    /** Until the first motion the pointer is nowhere. */
    private boolean pointerPresent;

    private double x;
    private double y;
    private @Nullable Surface pointerFocus;
    /** The press that a drag or a popup's grab may refer to. */
    private int buttonSerial;

    private @Nullable Surface keyboardFocus;
    private int lockedModifiers;
    private final List<Popup> grabs = new ArrayList<>();

    /** Takes ownership of {@code keymap}. */
    Seat(Display display, Keymap keymap) {
        this.display = display;
        this.keymap = keymap;
    }

    double x() {
        return x;
    }

    double y() {
        return y;
    }

    int buttonSerial() {
        return buttonSerial;
    }

    boolean isButtonPressed() {
        return !buttons.isEmpty();
    }

    @Nullable Surface pointerFocus() {
        return pointerFocus;
    }

    @Nullable Surface keyboardFocus() {
        return keyboardFocus;
    }

    void addPointer(PointerResource pointer) {
        pointers.add(pointer);
        Surface focus = pointerFocus;
        if (focus != null && focus.client() == pointer.client()) {
            Scene.Hit at = display.scene().locate(focus);
            if (at != null) {
                pointer.enter(display.nextSerial(), focus, x - at.x(), y - at.y());
            }
        }
    }

    void removePointer(PointerResource pointer) {
        pointers.remove(pointer);
    }

    void addKeyboard(KeyboardResource keyboard) throws ProtocolException {
        keyboard.announce(keymap);
        keyboards.add(keyboard);
        Surface focus = keyboardFocus;
        if (focus != null && focus.client() == keyboard.client()) {
            keyboard.enter(display.nextSerial(), focus, keys);
            keyboard.modifiers(display.nextSerial(), Modifiers.depressed(keys), lockedModifiers);
        }
    }

    void removeKeyboard(KeyboardResource keyboard) {
        keyboards.remove(keyboard);
    }

    /** Moves the pointer to a place on screen. */
    void motion(double newX, double newY) {
        x = newX;
        y = newY;
        pointerPresent = true;
        if (display.data().drag() != null) {
            display.data().dragMotion();
            return;
        }
        if (!updatePointerFocus() && pointerFocus != null) {
            Scene.Hit at = display.scene().locate(pointerFocus);
            if (at != null) {
                int time = display.time();
                for (PointerResource pointer : pointersOf(pointerFocus)) {
                    pointer.motion(time, x - at.x(), y - at.y());
                }
            }
        }
    }

    /** Something moved under the pointer, perhaps. */
    void sceneChanged() {
        if (!pointerPresent) {
            return;
        }
        if (display.data().drag() != null) {
            display.data().dragMotion();
        } else {
            updatePointerFocus();
        }
    }

    /** While a button is held the surface where it was pressed keeps the pointer. True when the focus changed. */
    private boolean updatePointerFocus() {
        if (!buttons.isEmpty()) {
            return false;
        }
        return setPointerFocus(display.scene().pick(x, y));
    }

    private boolean setPointerFocus(Scene.@Nullable Hit hit) {
        Surface surface = hit == null ? null : hit.surface();
        if (surface == pointerFocus) {
            return false;
        }
        clearPointerFocus();
        if (hit != null) {
            pointerFocus = hit.surface();
            int serial = display.nextSerial();
            for (PointerResource pointer : pointersOf(hit.surface())) {
                pointer.enter(serial, hit.surface(), hit.x(), hit.y());
            }
        }
        return true;
    }

    /** Takes the pointer away from its surface, as a drag does. */
    void clearPointerFocus() {
        Surface old = pointerFocus;
        if (old != null) {
            int serial = display.nextSerial();
            for (PointerResource pointer : pointersOf(old)) {
                pointer.leave(serial, old);
            }
            pointerFocus = null;
        }
    }

    /** A drag took the held buttons with it. */
    void dragStarted() {
        buttons.clear();
        clearPointerFocus();
    }

    /** Presses or lets go a button, by its evdev code. */
    void button(int button, boolean pressed) {
        if (display.data().drag() != null) {
            if (!pressed) {
                display.data().drop();
                updatePointerFocus();
            }
            return;
        }
        if (pressed ? !buttons.add(button) : !buttons.remove(button)) {
            return;
        }
        int serial = display.nextSerial();
        if (pressed) {
            buttonSerial = serial;
            if (buttons.size() == 1) {
                pressedOn(pointerFocus);
            }
        }
        if (pointerFocus != null) {
            int time = display.time();
            for (PointerResource pointer : pointersOf(pointerFocus)) {
                pointer.button(serial, time, button, pressed);
            }
        }
        if (!pressed) {
            updatePointerFocus();
        }
    }

    /** A press ends the grabs of other programs' popups, and brings its window to the front. */
    private void pressedOn(@Nullable Surface surface) {
        if (!grabs.isEmpty()) {
            Client grabber = grabs.getLast().client();
            if (surface != null && surface.client() == grabber) {
                return;
            }
            for (Popup popup : List.copyOf(grabs).reversed()) {
                popup.dismiss();
            }
            grabs.clear();
        }
        Toplevel window = surface == null ? null : ShellSurface.windowOf(surface);
        if (window != null) {
            display.scene().raise(window);
            setKeyboardFocus(window.shellSurface().surface());
        }
    }

    /** Turns the wheel. */
    void axis(int axis, int steps) {
        if (pointerFocus != null) {
            int time = display.time();
            for (PointerResource pointer : pointersOf(pointerFocus)) {
                pointer.axis(time, axis, steps, steps * WHEEL_STEP);
            }
        }
    }

    /** Presses or lets go a key, by its evdev code. */
    void key(int key, boolean pressed) {
        if (pressed ? !keys.add(key) : !keys.remove(key)) {
            return;
        }
        int lock = Modifiers.locks(key);
        if (pressed) {
            lockedModifiers ^= lock;
        }
        Surface focus = keyboardFocus;
        if (focus == null) {
            return;
        }
        int serial = display.nextSerial();
        int time = display.time();
        boolean isModifier = Modifiers.depressed(Set.of(key)) != 0;
        for (KeyboardResource keyboard : keyboardsOf(focus)) {
            keyboard.key(serial, time, key, pressed);
            if (isModifier) {
                keyboard.modifiers(display.nextSerial(), Modifiers.depressed(keys), lockedModifiers);
            }
        }
    }

    /** Gives the keyboard to a surface, whose client first hears of the clipboard; null takes it from everybody. */
    void setKeyboardFocus(@Nullable Surface surface) {
        Surface old = keyboardFocus;
        if (surface == old) {
            return;
        }
        if (old != null) {
            int serial = display.nextSerial();
            for (KeyboardResource keyboard : keyboardsOf(old)) {
                keyboard.leave(serial, old);
            }
            setActivated(old, false);
        }
        keyboardFocus = surface;
        if (surface != null) {
            if (old == null || old.client() != surface.client()) {
                display.data().keyboardEntered(surface.client());
            }
            int serial = display.nextSerial();
            for (KeyboardResource keyboard : keyboardsOf(surface)) {
                keyboard.enter(serial, surface, keys);
                keyboard.modifiers(display.nextSerial(), Modifiers.depressed(keys), lockedModifiers);
            }
            setActivated(surface, true);
        }
    }

    private static void setActivated(Surface surface, boolean activated) {
        if (surface.role() instanceof ShellSurface shellSurface && shellSurface.role() instanceof Toplevel window) {
            window.setActivated(activated);
        }
    }

    /** The keyboard goes to the window that is on top now. */
    void focusTopmost() {
        Toplevel top = display.scene().topmost();
        setKeyboardFocus(top == null ? null : top.shellSurface().surface());
    }

    /** A popup takes input until something else is pressed. */
    void addGrab(Popup popup) {
        grabs.add(popup);
    }

    /** The popup is gone; if it had the keyboard, what is below gets it. */
    void removeGrab(Popup popup) {
        if (!grabs.remove(popup) || popup.shellSurface().surface() != keyboardFocus) {
            return;
        }
        if (grabs.isEmpty()) {
            focusTopmost();
        } else {
            setKeyboardFocus(grabs.getLast().shellSurface().surface());
        }
    }

    /** Forgets a surface that is no longer there, without a word to its client. */
    void surfaceGone(Surface surface) {
        if (pointerFocus == surface) {
            pointerFocus = null;
            buttons.clear();
        }
        if (keyboardFocus == surface) {
            keyboardFocus = null;
            focusTopmost();
        }
    }

    private List<PointerResource> pointersOf(Surface surface) {
        var result = new ArrayList<PointerResource>();
        for (PointerResource pointer : pointers) {
            if (pointer.client() == surface.client()) {
                result.add(pointer);
            }
        }
        return result;
    }

    private List<KeyboardResource> keyboardsOf(Surface surface) {
        var result = new ArrayList<KeyboardResource>();
        for (KeyboardResource keyboard : keyboards) {
            if (keyboard.client() == surface.client()) {
                result.add(keyboard);
            }
        }
        return result;
    }

    @Override
    public void close() {
        keymap.close();
    }
}
