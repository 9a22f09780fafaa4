package dev.wayferry.examples.bench.workload;

import dev.wayferry.examples.bench.guest.Pictures;
import java.util.ArrayList;
import java.util.List;

/** The workloads in which files travel: pictures' memory and pipes. */
final class FileWorkloads {
    private static final int[] RATES = {60, 144};

    private FileWorkloads() {}

    static List<Workload> all() {
        List<Workload> all = new ArrayList<>();
        for (Pictures.Kind kind : Pictures.Kind.values()) {
            for (int rate : RATES) {
                all.add(new FramesWorkload(FramesWorkload.Size.FULL_HD, rate, kind));
                all.add(new FramesWorkload(FramesWorkload.Size.UHD, rate, kind));
            }
        }
        all.add(new PipeToGuestWorkload());
        all.add(new PipeToHostWorkload());
        all.add(new MapWorkload(10));
        all.add(new MapWorkload(450));
        return all;
    }
}
