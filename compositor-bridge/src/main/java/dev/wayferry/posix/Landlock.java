package dev.wayferry.posix;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Rules by which the kernel takes files, and sockets of others, away from threads. Source: linux/landlock.h, landlock(7).
 */
public final class Landlock implements AutoCloseable {
    public static final long WRITE_FILE = 1 << 1;
    public static final long READ_FILE = 1 << 2;
    public static final long READ_DIR = 1 << 3;
    public static final long REMOVE_FILE = 1 << 5;
    public static final long MAKE_REG = 1 << 8;
    public static final long TRUNCATE = 1 << 14;
    public static final long IOCTL_DEV = 1 << 15;

    /** Connecting to a socket by its path. */
    public static final long RESOLVE_UNIX = 1 << 16;

    /** Versions of the kernel's interface from which on it can keep threads from something. */
    public static final int RESTRICTS_ABSTRACT_SOCKETS = 6;

    public static final int RESTRICTS_ALL_THREADS = 8;
    public static final int RESTRICTS_SOCKETS_BY_PATH = 9;

    /** What applies to a file that is no directory. */
    private static final long OF_FILES = 1 | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEV | RESOLVE_UNIX;

    private static final int CREATE_RULESET = 444;
    private static final int ADD_RULE = 445;
    private static final int RESTRICT_SELF = 446;
    private static final int CREATE_RULESET_VERSION = 1;
    private static final int RULE_PATH_BENEATH = 1;
    private static final int SCOPE_ABSTRACT_UNIX_SOCKET = 1;
    private static final int RESTRICT_SELF_TSYNC = 1 << 3;

    /** A struct landlock_ruleset_attr: access to files, to the network, what stays within the sandbox. */
    private static final int ATTRIBUTES_LENGTH = 3 * Long.BYTES;

    private static final int SCOPED_OFFSET = 2 * Long.BYTES;

    /** A struct landlock_path_beneath_attr, which is packed: the access, and the descriptor. */
    private static final int PATH_BENEATH_LENGTH = Long.BYTES + Integer.BYTES;

    private final int version;
    private final long handled;
    private final OwnedFd rules;
    private final Arena arena = Arena.ofConfined();
    private final FileStatus status = new FileStatus(arena);
    private final MemorySegment rule = arena.allocate(PATH_BENEATH_LENGTH, Long.BYTES);

    /** The version of the kernel's interface; 0 if it has none, or it is not switched on. */
    public static int version() {
        return (int) Math.max(0, SystemCall.call(CREATE_RULESET, 0, 0, CREATE_RULESET_VERSION));
    }

    /**
     * Rules that forbid all that this version can forbid of files.
     *
     * @param abstractSockets whether sockets in the abstract namespace that others have made can be connected to
     */
    public Landlock(int version, boolean abstractSockets) throws PosixException {
        this.version = version;
        this.handled = handled(version);
        MemorySegment attributes = arena.allocate(ATTRIBUTES_LENGTH, Long.BYTES);
        attributes.set(ValueLayout.JAVA_LONG, 0, handled);
        if (version >= RESTRICTS_ABSTRACT_SOCKETS && !abstractSockets) {
            attributes.set(ValueLayout.JAVA_LONG, SCOPED_OFFSET, SCOPE_ABSTRACT_UNIX_SOCKET);
        }
        int fd = (int) SystemCall.call(CREATE_RULESET, attributes.address(), ATTRIBUTES_LENGTH, 0);
        this.rules = OwnedFd.of(fd, "landlock_create_ruleset");
    }

    /** Each of the versions knows all access of those before. */
    private static long handled(int version) {
        if (version >= RESTRICTS_SOCKETS_BY_PATH) {
            return 2 * RESOLVE_UNIX - 1;
        }
        if (version >= 5) {
            return 2 * IOCTL_DEV - 1;
        }
        if (version >= 3) {
            return 2 * TRUNCATE - 1;
        }
        return version == 2 ? TRUNCATE - 1 : (TRUNCATE >> 1) - 1;
    }

    /**
     * Allows {@code access} to the file at {@code path}, or if it is a directory to all beneath it; not what this version
     * does not forbid. A file that is not there, or can't be reached, is left out.
     */
    public void allow(String path, long access) throws PosixException {
        int fd = Posix.open(path, Posix.O_PATH);
        if (fd >= 0) {
            try (OwnedFd file = new OwnedFd(fd)) {
                allow(file, access);
            }
        }
    }

    /** The same for an open file. */
    public void allow(OwnedFd file, long access) throws PosixException {
        boolean folder = PosixException.check(status.read(file.number()), "statx") == 0
                && status.type() == FileStatus.S_IFDIR;
        long possible = access & handled & (folder ? -1 : OF_FILES);
        if (possible != 0) {
            rule.set(ValueLayout.JAVA_LONG, 0, possible);
            rule.set(ValueLayout.JAVA_INT, Long.BYTES, file.number());
            long unused = PosixException.check(
                    SystemCall.call(ADD_RULE, rules.number(), RULE_PATH_BENEATH, rule.address(), 0), "landlock_add_rule");
        }
    }

    /**
     * Puts the rules in force, for good: for all threads of the process where this version can, else for the calling one.
     * Threads have the rules of the one that starts them. There have to be {@linkplain Seccomp#noNewPrivileges no new
     * privileges}.
     */
    public void restrict() throws PosixException {
        long flags = version >= RESTRICTS_ALL_THREADS ? RESTRICT_SELF_TSYNC : 0;
        long unused = PosixException.check(
                SystemCall.call(RESTRICT_SELF, rules.number(), flags), "landlock_restrict_self");
    }

    @Override
    public void close() {
        rules.close();
        arena.close();
    }
}
