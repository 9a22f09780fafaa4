package dev.wayferry.examples.soak;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * Lets things happen to a {@link Desk}, one after the other, while a window is drawn and connections come and go, and looks
 * each time whether those that are left behave: nobody waits for ever, whose connection is lost is told, whoever is new is
 * served, and once all is quiet nothing is left of what was.
 */
final class Soak {
    /** Moments at which something happens: before the client has drawn, and while it does. */
    private static final int LATEST_MILLIS = 400;

    private static final int LONGEST_STOP_MILLIS = 200;

    /** Of so many kills there is one reboot, and one stop. */
    private static final int KILLS_A_ROUND = 8;

    private static final List<Fault> KILLS =
            Stream.of(Fault.values()).filter(Fault::isKill).toList();

    private static final int FEWEST_STEPS = 16;
    private static final long REPORT_NANOS = 5_000_000_000L;

    private final Desk desk;
    private final long contexts;
    private final int kills;
    private final Random random;
    private final Consumer<String> progress;
    private final HostWatch watch;
    private final Churn churn;
    private final Map<Fault, Integer> happened = new EnumMap<>(Fault.class);
    private long slowestMillis;
    private int hangs;

    Soak(Desk desk, int kills, long contexts, Random random, Consumer<String> progress) {
        this.desk = desk;
        this.kills = kills;
        this.contexts = contexts;
        this.random = random;
        this.progress = progress;
        this.watch = new HostWatch(desk.host);
        this.churn = Churn.start(desk.display);
    }

    /** Does it all; fails as soon as something is not as it should be. */
    void run() throws IOException, InterruptedException {
        try (churn) {
            warmUp();
            List<Fault> faults = faults();
            long reported = System.nanoTime();
            for (int i = 0; i < faults.size(); i++) {
                step(faults.get(i), contexts * (i + 1) / faults.size());
                if (System.nanoTime() - reported > REPORT_NANOS) {
                    reported = System.nanoTime();
                    progress.accept(describe());
                }
            }
        } catch (HangException e) {
            hangs++;
            throw e;
        }
        String growth = watch.samples().growth();
        if (growth != null) {
            throw new IOException(growth);
        }
    }

    /** What is to happen: each kill as often, and reboots and stops, in a random order. */
    private List<Fault> faults() {
        List<Fault> all = new ArrayList<>();
        for (int done = 0; done < kills; done += KILLS_A_ROUND) {
            List<Fault> round = new ArrayList<>();
            while (round.size() < Math.min(KILLS_A_ROUND, kills - done)) {
                round.add(KILLS.get(round.size() % KILLS.size()));
            }
            round.add(Fault.REBOOT);
            round.add(Fault.STOP);
            Collections.shuffle(round, random);
            all.addAll(round);
        }
        while (all.size() < FEWEST_STEPS) {
            all.add(Fault.STOP);
        }
        return all;
    }

    /** What the host process loads with the first of each it keeps. */
    private void warmUp() throws IOException, InterruptedException {
        desk.firstClient.begin();
        newClient().close();
        desk.firstClient.awaitEnd(new Limit());
        if (desk.firstClient.status() != 0) {
            throw new IOException("a client can't draw even before anything has happened");
        }
        watch.settle(new Limit());
    }

    /** A client that has been answered. */
    private Probe newClient() throws IOException {
        Limit limit = new Limit();
        Probe probe = Probe.connect(desk.display);
        try {
            probe.roundTrip(limit);
        } catch (IOException e) {
            probe.close();
            throw e;
        }
        slowestMillis = Math.max(slowestMillis, limit.elapsedMillis());
        return probe;
    }

    private void step(Fault fault, long contextsThen) throws IOException, InterruptedException {
        desk.client.begin();
        churn.goOnTo(contextsThen);
        try (Probe witness = newClient()) {
            Thread.sleep(random.nextInt(LATEST_MILLIS));
            happen(fault, witness);
            happened.merge(fault, 1, Integer::sum);
        } catch (HangException e) {
            throw new HangException("after " + fault + ": " + e.getMessage());
        } catch (IOException e) {
            throw new IOException("after " + fault + ": " + e.getMessage(), e);
        }
        if (!desk.host.isAlive()) {
            throw new IOException("the host process has ended over " + fault + "\n" + desk.host.log());
        }
        newClient().close();
        churn.await(new Limit());
        String violations = desk.vmm.order("check", new Limit());
        if (!violations.equals("violations: []")) {
            throw new IOException("the host process harms its VMM: " + violations);
        }
        desk.client.kill();
        watch.rest(new Limit());
    }

    private void happen(Fault fault, Probe witness) throws IOException, InterruptedException {
        switch (fault) {
            case CLIENT -> {
                desk.client.kill();
                witness.roundTrip(new Limit());
            }
            case GUEST_PROXY -> {
                desk.guestProxy.kill();
                witness.awaitHangUp(new Limit());
                desk.guestProxy.start(new Limit());
            }
            case VMM -> {
                desk.vmm.kill();
                programsEnd(witness);
                desk.vmm.start(new Limit());
                desk.guestProxy.start(new Limit());
            }
            case COMPOSITOR -> {
                desk.compositor.kill();
                witness.awaitHangUp(new Limit());
                desk.compositor.start(new Limit());
            }
            case REBOOT -> {
                String unused = desk.vmm.order("reboot", new Limit());
                programsEnd(witness);
                desk.guestProxy.start(new Limit());
            }
            case STOP -> {
                stop();
                witness.roundTrip(new Limit());
            }
        }
    }

    /** What ran in a guest that is no more ends. */
    private void programsEnd(Probe witness) throws IOException, InterruptedException {
        desk.guestProxy.awaitEnd(new Limit());
        witness.awaitHangUp(new Limit());
    }

    private void stop() throws IOException, InterruptedException {
        List<Long> pids = List.of(
                desk.host.pid(), desk.compositor.pid(), desk.vmm.pid(), desk.guestProxy.pid(), desk.client.pid());
        long pid = pids.get(random.nextInt(pids.size()));
        signal("STOP", pid);
        Thread.sleep(1 + random.nextInt(LONGEST_STOP_MILLIS));
        signal("CONT", pid);
    }

    private static void signal(String name, long pid) throws IOException, InterruptedException {
        int status = new ProcessBuilder("sh", "-c", "kill -" + name + " " + pid).inheritIO().start().waitFor();
        if (status != 0) {
            throw new IOException("kill -" + name + " " + pid + " ends with " + status);
        }
    }

    /** What has happened so far, in one line. */
    String describe() {
        int killed = 0;
        List<String> byKind = new ArrayList<>();
        List<String> others = new ArrayList<>();
        for (Fault fault : Fault.values()) {
            int count = happened.getOrDefault(fault, 0);
            killed += fault.isKill() ? count : 0;
            (fault.isKill() ? byKind : others).add(count + " " + fault);
        }
        return killed + " kills (" + String.join(", ", byKind) + "), " + String.join(", ", others) + ", " + churn.done()
                + " contexts (and " + churn.cutOff() + " cut off), " + watch.samples().describe()
                + ", slowest new client " + slowestMillis + " ms, " + hangs + " hangs";
    }
}
