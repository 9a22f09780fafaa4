package dev.wayferry.examples.compositor;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.wayferry.wire.wayland.XdgPositioner;
import org.junit.jupiter.api.Test;

class PopupPlacementTest {
    private static final PopupPlacement BELOW_A_BUTTON = PopupPlacement.NONE
            .withSize(40, 30)
            .withAnchorRectangle(new Rectangle(10, 20, 60, 16))
            .withAnchor(XdgPositioner.ANCHOR_BOTTOM_LEFT)
            .withGravity(XdgPositioner.GRAVITY_BOTTOM_RIGHT);

    @Test
    void anchorAndGravityDecide() {
        assertEquals(new Rectangle(10, 36, 40, 30), BELOW_A_BUTTON.resolve(0, 0, 640, 480));
        assertEquals(
                new Rectangle(30, -10, 40, 30),
                BELOW_A_BUTTON
                        .withAnchor(XdgPositioner.ANCHOR_TOP_RIGHT)
                        .withGravity(XdgPositioner.GRAVITY_TOP_LEFT)
                        .resolve(100, 100, 640, 480));
        assertEquals(
                new Rectangle(20, 13, 40, 30),
                BELOW_A_BUTTON
                        .withAnchor(XdgPositioner.ANCHOR_NONE)
                        .withGravity(XdgPositioner.GRAVITY_NONE)
                        .resolve(0, 0, 640, 480));
        assertEquals(
                new Rectangle(12, 33, 40, 30), BELOW_A_BUTTON.withOffset(2, -3).resolve(0, 0, 640, 480));
    }

    @Test
    void withoutLeaveItStaysWhereItDoesNotFit() {
        assertEquals(new Rectangle(10, 36, 40, 30), BELOW_A_BUTTON.resolve(600, 440, 640, 480));
    }

    @Test
    void flipsToTheOtherSide() {
        assertEquals(
                new Rectangle(10, -10, 40, 30),
                BELOW_A_BUTTON
                        .withAdjustment(XdgPositioner.CONSTRAINT_ADJUSTMENT_FLIP_Y)
                        .resolve(0, 440, 640, 480));
    }

    @Test
    void slidesIntoTheScreen() {
        assertEquals(
                new Rectangle(0, 36, 40, 30),
                BELOW_A_BUTTON
                        .withAdjustment(XdgPositioner.CONSTRAINT_ADJUSTMENT_SLIDE_X)
                        .resolve(600, 0, 640, 480));
    }
}
