package dev.wayferry.examples.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.wayferry.posix.CpuAffinity;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class PlacementTest {
    /** Of all its threads; one that has just ended has none. */
    private static Set<BitSet> placesOf(long pid) throws Exception {
        return ProcessFigures.of(pid).tids().stream()
                .map(CpuAffinity::of)
                .filter(cpus -> !cpus.isEmpty())
                .collect(Collectors.toSet());
    }

    private static Process sleeper(String... before) throws Exception {
        List<String> command = new ArrayList<>(List.of(before));
        command.addAll(List.of("sleep", "1000"));
        return new ProcessBuilder(command).start();
    }

    private static void end(Process process) throws Exception {
        process.destroyForcibly();
        assertTrue(process.waitFor(1, TimeUnit.MINUTES));
    }

    @Test
    void keepsGuestsAndBackEndsApartUntilItsEnd() throws Exception {
        BitSet all = CpuAffinity.of(CpuAffinity.CALLING_THREAD);
        Process guest = sleeper();
        Process backEnd = sleeper();
        try {
            try (Placement placement = new Placement()) {
                placement.placeGuest(guest.pid());
                placement.placeBackEnd(backEnd.pid());
                BitSet guests = placesOf(guest.pid()).iterator().next();
                BitSet backEnds = placesOf(backEnd.pid()).iterator().next();
                assertEquals(all.cardinality() == 1, guests.intersects(backEnds), placement.describe());
                guests.or(backEnds);
                assertEquals(all, guests, placement.describe());
            }
            assertEquals(Set.of(all), placesOf(guest.pid()));
            assertEquals(Set.of(all), placesOf(backEnd.pid()));
        } finally {
            end(guest);
            end(backEnd);
        }
    }

    @Test
    void placesEachThreadOfAProcessAndLetsEachGo() throws Exception {
        BitSet all = CpuAffinity.of(CpuAffinity.CALLING_THREAD);
        try (ChildProcess child = ChildProcess.java(BusyThreads.class, "2", "0", "1")) {
            child.await();
            try (Placement placement = new Placement()) {
                placement.placeBackEnd(child.pid());
                Set<BitSet> places = placesOf(child.pid());
                assertEquals(1, places.size(), places::toString);
                assertTrue(all.cardinality() == 1 || !places.contains(all), places::toString);
            }
            assertEquals(Set.of(all), placesOf(child.pid()));
        }
    }

    @Test
    void leavesAThreadWhereItIsThatKeepsToOneCpu() throws Exception {
        BitSet all = CpuAffinity.of(CpuAffinity.CALLING_THREAD);
        String first = Integer.toString(all.nextSetBit(0));
        Process process = sleeper("taskset", "-c", first);
        try (Placement placement = new Placement()) {
            while (!process.info().command().orElse("").endsWith("sleep")) {
                assertTrue(process.isAlive());
            }
            placement.placeBackEnd(process.pid());
            BitSet only = new BitSet();
            only.set(all.nextSetBit(0));
            assertEquals(Set.of(only), placesOf(process.pid()));
        } finally {
            end(process);
        }
    }
}
