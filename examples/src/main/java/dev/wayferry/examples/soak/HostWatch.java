package dev.wayferry.examples.soak;

import dev.wayferry.examples.host.WayferryProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;

/** What a host process has open, and what memory it takes, each time that nobody wants anything of it. */
final class HostWatch {
    private static final int LOOK_MILLIS = 5;
    private static final int QUIET_LOOKS = 40;

    private final WayferryProcess host;
    private final Samples samples = new Samples();
    private Map<String, Integer> atRest = Map.of();

    HostWatch(WayferryProcess host) {
        this.host = host;
    }

    Samples samples() {
        return samples;
    }

    /** Notes what is open now, once nothing changes any more. */
    void settle(Limit limit) throws IOException, InterruptedException {
        for (int quiet = 0; quiet < QUIET_LOOKS; quiet++) {
            Map<String, Integer> now = open();
            if (!now.equals(atRest)) {
                quiet = 0;
                atRest = now;
            }
            limit.check("the host process does not come to rest");
            Thread.sleep(LOOK_MILLIS);
        }
    }

    /** Waits until no more is open than then, and takes a sample. */
    void rest(Limit limit) throws IOException, InterruptedException {
        Map<String, Integer> now = open();
        while (isMore(now)) {
            if (limit.isOver()) {
                throw new IOException("descriptors are left open: " + atRest + " at first, " + now + " now");
            }
            Thread.sleep(LOOK_MILLIS);
            now = open();
        }
        samples.add(memory(), now.values().stream().mapToInt(Integer::intValue).sum());
    }

    private boolean isMore(Map<String, Integer> now) {
        return now.entrySet().stream().anyMatch(kind -> kind.getValue() > atRest.getOrDefault(kind.getKey(), 0));
    }

    /** How many of each kind. */
    private Map<String, Integer> open() throws IOException {
        Map<String, Integer> kinds = new TreeMap<>();
        for (String link : host.openDescriptors().values()) {
            kinds.merge(link.replaceAll("\\[\\d+\\]", ""), 1, Integer::sum);
        }
        return kinds;
    }

    /** kB of its own: guest memory is shared and not counted. */
    private long memory() throws IOException {
        long sum = 0;
        for (String line : Files.readAllLines(Path.of("/proc/" + host.pid() + "/status"))) {
            if (line.startsWith("RssAnon:") || line.startsWith("RssFile:")) {
                sum += Long.parseLong(line.replaceAll("\\D", ""));
            }
        }
        return sum;
    }
}
