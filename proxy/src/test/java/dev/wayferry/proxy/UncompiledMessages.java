package dev.wayferry.proxy;

import java.io.IOException;

/** The messages of {@link HotPathTest} in a JVM of their own; it prints how many bytes the loop allocated for them. */
final class UncompiledMessages {
    private static final int CONTEXTS = 4;
    private static final int QUEUE = 64;
    private static final int FIRST_ROUNDS = 300;
    private static final int ROUNDS = 500;

    private UncompiledMessages() {}

    /** Takes no arguments. */
    public static void main(String[] arguments) throws IOException {
        try (TestVm vm = new TestVm(); LoadGuest guest = new LoadGuest(vm, CONTEXTS, QUEUE)) {
            guest.open();
            run(guest, FIRST_ROUNDS);
            long before = LoadGuest.allocatedByLoop();
            run(guest, ROUNDS);
            System.out.println(LoadGuest.allocatedByLoop() - before);
        }
    }

    private static void run(LoadGuest guest, int rounds) throws IOException {
        for (int i = 0; i < rounds; i++) {
            guest.syncAll();
            guest.queryAll();
        }
    }
}
