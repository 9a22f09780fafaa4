package dev.wayferry.examples.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wayferry.examples.bench.workload.Workload;
import dev.wayferry.examples.bench.workload.Workloads;
import java.util.List;
import org.junit.jupiter.api.Test;

class EffortTest {
    private static Workload named(String name) {
        return Workloads.groups().stream()
                .flatMap(List::stream)
                .filter(workload -> workload.name().equals(name))
                .findAny()
                .orElseThrow();
    }

    @Test
    void whatIsQuickHasMoreAndShorterRoundsThatTakeAsLong() {
        Workload queue = named("queue");
        assertEquals(100, Effort.FULL.roundMillis(queue));
        assertEquals(56, Effort.FULL.rounds(queue));
    }

    @Test
    void aRoundIsLongEnoughForAThousandOperations() {
        Workload proxied = named("sync-proxy");
        assertEquals(250, Effort.FULL.roundMillis(proxied));
        assertEquals(22, Effort.FULL.rounds(proxied));
    }

    @Test
    void thereAreNeverFewerRoundsThanSevenNorAreTheyLongerThanPlanned() {
        for (Effort effort : List.of(Effort.FULL, Effort.QUICK)) {
            for (List<Workload> group : Workloads.groups()) {
                for (Workload workload : group) {
                    assertEquals(
                            effort.rounds(group.getFirst()), effort.rounds(workload), "those of a group are done together");
                    assertTrue(effort.rounds(workload) >= 7, workload::name);
                    assertTrue(effort.roundMillis(workload) <= effort.roundMillis(), workload::name);
                }
            }
        }
    }

    @Test
    void roundsThatAreAskedForAreNotDivided() {
        assertEquals(3, Effort.FULL.rounds(3).rounds(named("queue")));
        assertEquals(700, Effort.FULL.rounds(3).roundMillis(named("queue")));
        assertEquals(60, Effort.soak(10).rounds(Workloads.soak()));
    }
}
