package dev.wayferry.proxy.gpu;

import java.util.Arrays;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Objects by the numbers that a guest, or the host, has given them. Looking one up allocates nothing, as a map of Integers
 * does for each number above 127. How many there may be is its user's to say. For one thread.
 *
 * <p>Open addressing with linear probing. Where a number goes depends on a secret, so that a guest can't choose numbers that
 * all go to one place.
 */
public final class NumberedTable<V> {
    private static final int SMALLEST = 16;

    private final int secret = ThreadLocalRandom.current().nextInt();
    private int[] numbers = new int[SMALLEST];
    private @Nullable Object[] values = new Object[SMALLEST];
    private int size;

    /** How many there are. */
    public int size() {
        return size;
    }

    /** The object of this number; null if there is none. */
    public @Nullable V get(int number) {
        return value(find(number));
    }

    public boolean contains(int number) {
        return values[find(number)] != null;
    }

    /** Puts an object in, in place of the one of this number, if there is one. */
    public void put(int number, V value) {
        int slot = find(number);
        if (values[slot] == null) {
            if (2 * size >= values.length) {
                grow();
                slot = find(number);
            }
            size++;
        }
        numbers[slot] = number;
        values[slot] = value;
    }

    /** Takes the object of this number out; null if there is none. */
    public @Nullable V remove(int number) {
        int slot = find(number);
        V removed = value(slot);
        if (removed != null) {
            size--;
            close(slot);
        }
        return removed;
    }

    /** Has {@code action} done with each, in no order; it must not change the table. */
    @SuppressWarnings("unchecked") // only put stores
    public void forEach(Consumer<? super V> action) {
        for (Object value : values) {
            if (value != null) {
                action.accept((V) value);
            }
        }
    }

    public void clear() {
        Arrays.fill(values, null);
        size = 0;
    }

    /** Where this number is, or would go. There always is a free place, as half of them are. */
    private int find(int number) {
        int slot = home(number);
        while (values[slot] != null && numbers[slot] != number) {
            slot = next(slot);
        }
        return slot;
    }

    private int home(int number) {
        int hash = (number ^ secret) * 0x9e3779b9;
        hash = (hash ^ hash >>> 15) * 0x85ebca6b;
        return (hash ^ hash >>> 13) & (values.length - 1);
    }

    private int next(int slot) {
        return (slot + 1) & (values.length - 1);
    }

    @SuppressWarnings("unchecked") // only put stores
    private @Nullable V value(int slot) {
        return (V) values[slot];
    }

    /** Frees a place, and moves up those behind it that would not be found any more. */
    private void close(int freed) {
        int hole = freed;
        values[hole] = null;
        for (int slot = next(hole); values[slot] != null; slot = next(slot)) {
            int distance = (slot - home(numbers[slot])) & (values.length - 1);
            if (distance >= ((slot - hole) & (values.length - 1))) {
                numbers[hole] = numbers[slot];
                values[hole] = values[slot];
                values[slot] = null;
                hole = slot;
            }
        }
    }

    private void grow() {
        int[] oldNumbers = numbers;
        @Nullable Object[] oldValues = values;
        numbers = new int[2 * oldNumbers.length];
        values = new Object[2 * oldValues.length];
        for (int i = 0; i < oldValues.length; i++) {
            if (oldValues[i] != null) {
                int slot = find(oldNumbers[i]);
                numbers[slot] = oldNumbers[i];
                values[slot] = oldValues[i];
            }
        }
    }
}
