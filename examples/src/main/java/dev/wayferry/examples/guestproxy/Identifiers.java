package dev.wayferry.examples.guestproxy;

import dev.wayferry.wire.crossdomain.CrossDomain;

/** The files that go with one message, as the host knows them. Reusable. */
final class Identifiers {
    private final int[] types = new int[CrossDomain.MAX_IDENTIFIERS];
    private final int[] ids = new int[CrossDomain.MAX_IDENTIFIERS];
    private int count;

    void clear() {
        count = 0;
    }

    boolean isFull() {
        return count == CrossDomain.MAX_IDENTIFIERS;
    }

    int count() {
        return count;
    }

    /** Adds a file: one of {@code CrossDomain.ID_TYPE_*}, and a resource's or a pipe's number. */
    void add(int type, int id) {
        types[count] = type;
        ids[count] = id;
        count++;
    }

    int type(int index) {
        return types[index];
    }

    int id(int index) {
        return ids[index];
    }
}
