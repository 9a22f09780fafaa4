package dev.wayferry.examples.bench.workload;

import dev.wayferry.examples.bench.backend.BackEnd;
import dev.wayferry.examples.bench.backend.Running;
import dev.wayferry.examples.bench.compositor.Arrivals;
import dev.wayferry.examples.bench.guest.Guest;
import java.nio.file.Path;

/**
 * A running back-end and what its workloads use.
 *
 * @param guest of the process
 * @param folder for further sockets
 * @param wayland the compositor's socket
 * @param arrivals what the compositor tells of streams
 */
public record Subject(
        BackEnd backEnd, Running process, Guest guest, Path folder, Path wayland, Arrivals arrivals) {
    public String name() {
        return backEnd.name();
    }
}
