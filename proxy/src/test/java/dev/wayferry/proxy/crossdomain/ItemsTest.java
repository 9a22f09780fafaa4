package dev.wayferry.proxy.crossdomain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wayferry.bridge.Budget;
import org.junit.jupiter.api.Test;

class ItemsTest {
    private static int fill(Items items) {
        int count = 0;
        while (items.hasRoom(1)) {
            int unused = items.add(new Item.StandIn());
            count++;
        }
        return count;
    }

    @Test
    void leavesRoomForOtherContextsHoweverMuchOneTakes() {
        Budget budget = new Budget(100, 4);
        Items greedy = new Items(budget, 1024, new Closer());
        Items other = new Items(budget, 1024, new Closer());
        assertEquals(80, fill(greedy));
        assertTrue(other.hasRoom(1));
        assertEquals(16, fill(other));
    }

    @Test
    void givesBackWhatIsRemovedAndAllWhenItCloses() {
        Budget budget = new Budget(100, 4);
        Items items = new Items(budget, 1024, new Closer());
        int id = items.add(new Item.StandIn());
        assertEquals(79, fill(items));
        items.remove(id);
        assertTrue(items.hasRoom(1));
        assertEquals(1, fill(items));
        assertFalse(items.hasRoom(1));
        items.close();
        assertEquals(80, fill(new Items(budget, 1024, new Closer())));
    }
}
