package dev.wayferry.proxy;

import java.io.IOException;

/** The messages of {@link HotPathTest} in a JVM of their own; it prints how many bytes the loop allocated for them. */
final class UncompiledMessages {
    private static final int CONTEXTS = 4;
    private static final int QUEUE = 64;
    private static final int FIRST_ROUNDS = 300;
    private static final int ROUNDS = 500;
    private static final int PARTS = 5;

    private UncompiledMessages() {}

    /** Takes no arguments. */
    public static void main(String[] arguments) throws IOException {
        try (TestVm vm = new TestVm(); LoadGuest guest = new LoadGuest(vm, CONTEXTS, QUEUE)) {
            guest.open();
            run(guest, FIRST_ROUNDS);
            System.out.println(leastAllocated(guest));
        }
    }

    /** What happens for the first time allocates once. */
    private static long leastAllocated(LoadGuest guest) throws IOException {
        long least = Long.MAX_VALUE;
        for (int part = 0; part < PARTS && least > 0; part++) {
            long before = LoadGuest.allocatedByLoop();
            run(guest, ROUNDS);
            least = Math.min(least, LoadGuest.allocatedByLoop() - before);
        }
        return least;
    }

    private static void run(LoadGuest guest, int rounds) throws IOException {
        for (int i = 0; i < rounds; i++) {
            guest.syncAll();
            guest.syncAllFull();
            guest.queryAll();
        }
    }
}
