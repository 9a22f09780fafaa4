package dev.wayferry.examples.bench.workload;

import dev.wayferry.examples.bench.backend.BackEnd;
import dev.wayferry.examples.bench.backend.Running;
import dev.wayferry.examples.bench.guest.Guest;
import java.io.IOException;
import java.util.List;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/** A session with a process of the back-end of its own, which ends with it. */
final class OwnProcess implements Workload.Session {
    private final Running process;
    private final Guest guest;
    private final Workload.Session session;

    private OwnProcess(Running process, Guest guest, Workload.Session session) {
        this.process = process;
        this.guest = guest;
        this.session = session;
    }

    /** Starts the subject's back-end once more, with {@code options} where it is ours. */
    static OwnProcess open(Subject subject, String name, List<String> options, Capability.Opening opening)
            throws IOException {
        BackEnd backEnd = subject.backEnd();
        Running process =
                backEnd.start(subject.folder(), subject.name() + "-" + name, subject.wayland(), options);
        try {
            Guest guest = backEnd.connect(process.socket());
            try {
                Subject own =
                        new Subject(backEnd, process, guest, subject.folder(), subject.wayland(), subject.arrivals());
                return new OwnProcess(process, guest, opening.open(own));
            } catch (IOException | RuntimeException e) {
                guest.close();
                throw e;
            }
        } catch (IOException | RuntimeException e) {
            process.close();
            throw e;
        }
    }

    @Override
    public long run(int operations, Histogram latencies) throws IOException {
        return session.run(operations, latencies);
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
        session.close();
        guest.close();
        process.close();
    }
}
