package dev.wayferry.proxy.gpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class NumberedTableTest {
    private final NumberedTable<String> table = new NumberedTable<>();

    @Test
    void findsWhatWasPutIn() {
        table.put(0, "none");
        table.put(-1, "all");
        table.put(1000, "first");
        table.put(1000, "second");
        assertEquals("none", table.get(0));
        assertEquals("all", table.get(-1));
        assertEquals("second", table.get(1000));
        assertNull(table.get(1001));
        assertEquals(3, table.size());
    }

    @Test
    void forgetsWhatWasTakenOut() {
        table.put(7, "seven");
        assertEquals("seven", table.remove(7));
        assertNull(table.remove(7));
        assertFalse(table.contains(7));
        assertEquals(0, table.size());
    }

    @Test
    void doesWhatAMapDoes() {
        Random random = new Random(4);
        Map<Integer, String> map = new HashMap<>();
        for (int i = 0; i < 100_000; i++) {
            // Few numbers, so that many are taken out and put in again, and neighbours move.
            int number = random.nextInt(300) * (random.nextBoolean() ? 1 : 0x100_0000);
            if (random.nextInt(3) > 0 && map.size() < 200) {
                table.put(number, "value " + i);
                map.put(number, "value " + i);
            } else {
                assertEquals(map.remove(number), table.remove(number));
            }
            assertEquals(map.size(), table.size());
        }
        map.forEach((number, value) -> assertEquals(value, table.get(number)));
        List<String> all = new ArrayList<>();
        table.forEach(all::add);
        assertEquals(map.values().stream().sorted().toList(), all.stream().sorted().toList());
        table.clear();
        assertEquals(0, table.size());
        assertTrue(map.keySet().stream().noneMatch(table::contains));
    }
}
