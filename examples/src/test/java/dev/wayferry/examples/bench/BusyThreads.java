package dev.wayferry.examples.bench;

import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;

/** A program of which each thread, told by a byte, makes a number of system calls or burns some time, and then ends. */
final class BusyThreads {
    private BusyThreads() {}

    public static void main(String[] args) throws Exception {
        int threads = Integer.parseInt(args[0]);
        int yields = Integer.parseInt(args[1]);
        long nanos = Long.parseLong(args[2]);
        System.out.write('r');
        System.out.flush();
        while (System.in.read() >= 0) {
            List<Thread> started = new ArrayList<>();
            for (int i = 0; i < threads; i++) {
                started.add(Thread.ofPlatform().name("busy " + i).start(() -> work(yields, nanos)));
            }
            for (Thread thread : started) {
                thread.join();
            }
            System.out.write('d');
            System.out.flush();
        }
    }

    private static void work(int yields, long nanos) {
        for (int i = 0; i < yields; i++) {
            Thread.yield();
        }
        long cpu = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
        while (ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - cpu < nanos) {
            Thread.onSpinWait();
        }
    }
}
