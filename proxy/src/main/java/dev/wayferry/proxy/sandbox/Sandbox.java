package dev.wayferry.proxy.sandbox;

import dev.wayferry.posix.Capabilities;
import dev.wayferry.posix.Landlock;
import dev.wayferry.posix.PosixException;
import dev.wayferry.posix.Seccomp;
import dev.wayferry.posix.SystemCallFilter;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes from the process what it does not need to serve guests: privileges, files, system calls. For good, and for threads
 * that are started from then on.
 *
 * <p>Of the threads that run already all lose the system calls, and from Linux 7.0 on also the files; before, those of the
 * Java runtime's own (compilers, collector, signals) keep their files, and any that had capabilities keep these.
 */
public final class Sandbox {
    private static final String STRICT = "--sandbox=strict: ";

    private final SandboxMode mode;
    private final AllowedFiles files;
    private final boolean realtime;

    /** Whether anything can be taken away here: on another machine the same numbers are other system calls. */
    private final boolean known;

    private final List<String> inForce = new ArrayList<>();

    /** What strict does not start without. */
    private final List<String> lacking = new ArrayList<>();

    /** What newer kernels can, in addition. */
    private final List<String> newer = new ArrayList<>();

    /**
     * A sandbox that is not entered yet.
     *
     * @param realtime whether loops still become real-time threads and lock memory
     */
    public Sandbox(SandboxMode mode, AllowedFiles files, boolean realtime) {
        this(mode, files, realtime, System.getProperty("os.arch"));
    }

    /** The same on another machine than this, for tests. */
    Sandbox(SandboxMode mode, AllowedFiles files, boolean realtime, String machine) {
        this.mode = mode;
        this.files = files;
        this.realtime = realtime;
        known = Seccomp.isKnown(machine);
        if (!known) {
            lacking.add("the numbers of system calls on " + machine + " are not known");
        }
    }

    /**
     * Finds out, before anybody can connect, what can be had here; a sandbox of its own for this, not the one that is entered.
     *
     * @throws IOException if strict can't be had, with the reasons
     */
    public void check() throws IOException {
        if (known) {
            if (!Seccomp.isAvailable()) {
                lacking.add("the kernel has no seccomp filters");
            }
            look(Landlock.version());
        }
        refuseIfLacking();
    }

    private void refuseIfLacking() throws IOException {
        if (mode == SandboxMode.STRICT && !lacking.isEmpty()) {
            throw new IOException(STRICT + String.join("; ", lacking));
        }
    }

    private void look(int version) {
        if (version == 0) {
            lacking.add("the kernel has no Landlock, or it is not switched on, so that files stay open to it");
            return;
        }
        if (files.abstractSockets()) {
            lacking.add("all abstract sockets stay open to it, for a --channel has one");
        } else if (version < Landlock.RESTRICTS_ABSTRACT_SOCKETS) {
            lacking.add("Landlock " + version + " keeps it from files, but not from abstract sockets (Linux 6.12)");
        }
        if (version < Landlock.RESTRICTS_ALL_THREADS) {
            newer.add("from files on the Java runtime's own threads (Linux 7.0)");
        }
        if (version < Landlock.RESTRICTS_SOCKETS_BY_PATH) {
            newer.add("from sockets in other folders (Linux 7.1)");
        }
    }

    /**
     * Takes it away. To be called by the thread that starts those which serve, before it starts any.
     *
     * @throws IOException if strict, with what could not be taken away
     */
    public void enter(String vm) throws IOException {
        Logger log = LoggerFactory.getLogger(Sandbox.class);
        if (mode == SandboxMode.OFF) {
            log.info("vm={} sandbox: off", vm);
            return;
        }
        if (!known) {
            refuseIfLacking();
            log.warn("vm={} sandbox: none; lacking: {}", vm, String.join("; ", lacking));
            return;
        }
        attempt(() -> {
            Seccomp.noNewPrivileges();
            inForce.add("no new privileges");
        });
        attempt(() -> {
            boolean others = files.areOfOtherUsers();
            Capabilities.dropAllBut((realtime ? Capabilities.SYS_NICE | Capabilities.IPC_LOCK : 0)
                    | (others ? Capabilities.DAC_OVERRIDE : 0));
            inForce.add("no capabilities" + (realtime || others ? " but those for" : "")
                    + (realtime ? " --realtime" : "") + (realtime && others ? " and for" : "")
                    + (others ? " sockets and files of other users" : ""));
        });
        attempt(this::restrictFiles);
        attempt(() -> {
            Seccomp.install(filter());
            inForce.add("system calls on all threads");
        });
        refuseIfLacking();
        String said = String.join(", ", inForce)
                + (newer.isEmpty() ? "" : "; newer kernels keep it also " + String.join(" and ", newer));
        if (lacking.isEmpty()) {
            log.info("vm={} sandbox: {}", vm, said);
        } else {
            log.warn("vm={} sandbox: {}; lacking: {}", vm, said, String.join("; ", lacking));
        }
    }

    private void restrictFiles() throws PosixException {
        int version = Landlock.version();
        look(version);
        if (version == 0) {
            return;
        }
        try (Landlock rules = rules(version)) {
            rules.restrict();
        }
        inForce.add("files by Landlock " + version
                + (version < Landlock.RESTRICTS_ALL_THREADS ? " on threads that serve" : " on all threads"));
    }

    private Landlock rules(int version) throws PosixException {
        Landlock rules = new Landlock(version, files.abstractSockets());
        try {
            files.allow(rules);
            return rules;
        } catch (PosixException e) {
            rules.close();
            throw e;
        }
    }

    private SystemCallFilter filter() {
        return AllowedCalls.filter(Seccomp.processNumber(), realtime);
    }

    /** Does all of it that has no effect. */
    public void rehearse() throws PosixException {
        if (!known) {
            return;
        }
        int version = Landlock.version();
        if (version > 0) {
            rules(version).close();
        }
        SystemCallFilter unused = filter();
    }

    private interface Step {
        void take() throws PosixException;
    }

    private void attempt(Step step) {
        try {
            step.take();
        } catch (PosixException e) {
            lacking.add(String.valueOf(e.getMessage()));
        }
    }
}
