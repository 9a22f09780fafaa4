package dev.wayferry.examples.bench.workload;

import dev.wayferry.examples.bench.OpenResources;
import dev.wayferry.examples.bench.backend.BackEnd;
import dev.wayferry.examples.bench.backend.Running;
import dev.wayferry.examples.bench.guest.Guest;
import java.io.IOException;
import java.util.List;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/** A session with a process of the back-end of its own, which ends with it. */
final class OwnProcess implements Workload.Session {
    private final OpenResources open;
    private final Running process;
    private final Workload.Session session;

    private OwnProcess(OpenResources open, Running process, Workload.Session session) {
        this.open = open;
        this.process = process;
        this.session = session;
    }

    /** Starts the subject's back-end once more, with {@code options} where it is ours. */
    static OwnProcess open(Subject subject, String name, List<String> options, Capability.Opening opening)
            throws IOException {
        return open(subject, name, options, opening, new OpenResources());
    }

    /** The same; takes ownership of {@code needed}, which is closed after the process. */
    static OwnProcess open(
            Subject subject, String name, List<String> options, Capability.Opening opening, OpenResources needed)
            throws IOException {
        BackEnd backEnd = subject.backEnd();
        try {
            Running process = needed.add(
                    backEnd.start(subject.folder(), subject.name() + "-" + name, subject.wayland(), options));
            Guest guest = needed.add(backEnd.connect(process.socket()));
            Subject own =
                    new Subject(backEnd, process, guest, subject.folder(), subject.wayland(), subject.arrivals());
            return new OwnProcess(needed, process, needed.add(opening.open(own)));
        } catch (IOException | RuntimeException e) {
            needed.close();
            throw e;
        }
    }

    @Override
    public long run(int operations, Histogram latencies) throws IOException {
        return session.run(operations, latencies);
    }

    @Override
    public long operationsBeside() {
        return session.operationsBeside();
    }

    @Override
    public Running process() {
        return process;
    }

    @Override
    public @Nullable String note() {
        return session.note();
    }

    @Override
    public void fail(IOException why) {
        session.fail(why);
    }

    @Override
    public void close() throws IOException {
        open.close();
    }
}
