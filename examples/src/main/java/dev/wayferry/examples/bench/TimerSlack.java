package dev.wayferry.examples.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** How late the kernel may wake a thread that waits for a time: 50 us by default, more than what is measured here. */
public final class TimerSlack {
    private TimerSlack() {}

    /** Makes it as small as can be for the calling thread, where the kernel allows that. */
    public static void reduce() {
        try {
            // The link is PROCESS/task/THREAD. The file is a process's, but each thread has such a folder.
            Path thread = Files.readSymbolicLink(Path.of("/proc/thread-self")).getFileName();
            Files.writeString(Path.of("/proc").resolve(thread).resolve("timerslack_ns"), "1");
        } catch (IOException e) {
            System.err.println("bench: timers stay coarse: " + e);
        }
    }
}
