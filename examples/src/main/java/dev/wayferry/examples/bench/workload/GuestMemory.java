package dev.wayferry.examples.bench.workload;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** How {@code wayferry serve} is to hand the guest's own memory on: shared where this machine can do that, else copied. */
final class GuestMemory {
    private static final Path UDMABUF = Path.of("/dev/udmabuf");

    private GuestMemory() {}

    static List<String> options() {
        return List.of("--guest-shm=" + (Files.isWritable(UDMABUF) ? "auto" : "copy"));
    }

    /** What that means for the figures. */
    static String note() {
        return Files.isWritable(UDMABUF)
                ? "guest memory is shared by " + UDMABUF
                : "there is no " + UDMABUF + " that may be used, so guest memory is copied";
    }
}
