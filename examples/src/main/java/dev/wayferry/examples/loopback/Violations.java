package dev.wayferry.examples.loopback;

import java.util.ArrayList;
import java.util.List;

/** What a back-end did that would hurt a real VMM or guest. Bounded, and safe for use from several threads. */
final class Violations {
    private static final int MAX = 64;

    private final List<String> list = new ArrayList<>();

    synchronized void add(String what) {
        if (list.size() < MAX) {
            list.add(what);
        }
    }

    synchronized List<String> list() {
        return List.copyOf(list);
    }
}
