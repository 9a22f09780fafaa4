package dev.wayferry.proxy.sandbox;

import dev.wayferry.posix.Identity;
import dev.wayferry.posix.Landlock;
import dev.wayferry.posix.OwnedFd;
import dev.wayferry.posix.Posix;
import dev.wayferry.posix.PosixException;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/** The files that the process still opens when it serves, beside those that it has open. */
public final class AllowedFiles {
    private static final long READ = Landlock.READ_FILE | Landlock.READ_DIR;
    private static final long DEVICE = READ | Landlock.WRITE_FILE | Landlock.IOCTL_DEV;

    private final Map<String, Long> access = new LinkedHashMap<>();
    private final Set<Path> reached = new HashSet<>();
    private boolean abstractSockets;

    /** What the Java runtime reads when it needs it: classes, libraries, its settings, and how busy the machine is. */
    public AllowedFiles() {
        String home = System.getProperty("java.home");
        allow(home, READ);
        // A link to elsewhere in Debian's JDKs.
        allow(home + "/conf/security/java.security", READ);
        for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
            allow(entry, READ);
        }
        for (String path : new String[] {
            "/dev/random", "/dev/urandom", "/proc/stat", "/proc/meminfo", "/proc/cpuinfo", "/sys/devices/system/cpu",
            "/sys/fs/cgroup"
        }) {
            allow(path, READ);
        }
    }

    private void allow(String path, long what) {
        access.merge(path, what, (before, more) -> before | more);
    }

    /** A socket that is connected to; or another in its place, where the server may be started anew. */
    public AllowedFiles server(String pathOrName) {
        if (pathOrName.startsWith("@")) {
            abstractSockets = true;
        } else {
            Path path = Path.of(pathOrName);
            reached.add(path);
            allow(folder(path), Landlock.RESOLVE_UNIX);
            try {
                // It may be a link.
                allow(folder(path.toRealPath()), Landlock.RESOLVE_UNIX);
            } catch (IOException e) {
                // There is none yet; it is looked up at each connection.
            }
        }
        return this;
    }

    /** A file that is removed in the end. */
    public AllowedFiles removed(Path file) {
        allow(folder(file), Landlock.REMOVE_FILE);
        return this;
    }

    /** A file that is written and put in its place. */
    public AllowedFiles written(Path file) {
        reached.add(file);
        allow(folder(file), Landlock.WRITE_FILE | Landlock.MAKE_REG | Landlock.REMOVE_FILE | Landlock.TRUNCATE);
        return this;
    }

    /** {@code /dev/udmabuf} and its limits. */
    public AllowedFiles udmabuf() {
        allow("/dev/udmabuf", DEVICE);
        allow("/sys/module/udmabuf/parameters", READ);
        return this;
    }

    /** The GPUs, and what drivers read about them. */
    public AllowedFiles gpus() {
        allow("/dev/dri", DEVICE);
        allow("/sys/dev/char", READ);
        allow("/sys/devices", READ);
        return this;
    }

    private static String folder(Path file) {
        Path parent = file.toAbsolutePath().getParent();
        return parent == null ? "/" : parent.toString();
    }

    /**
     * Whether a socket or file that is reached, or its folder, is another user's: root's process then needs the capability
     * that opens it.
     */
    boolean areOfOtherUsers() {
        int own = Identity.user();
        return reached.stream().anyMatch(path -> isOfAnother(own, path) || isOfAnother(own, Path.of(folder(path))));
    }

    private static boolean isOfAnother(int own, Path path) {
        try {
            return !Integer.valueOf(own).equals(Files.getAttribute(path, "unix:uid"));
        } catch (IOException e) {
            // It is not there yet: whose it will be its folder says.
            return false;
        }
    }

    boolean abstractSockets() {
        return abstractSockets;
    }

    void allow(Landlock rules) throws PosixException {
        for (Map.Entry<String, Long> each : access.entrySet()) {
            rules.allow(each.getKey(), each.getValue());
        }
        // Rules hold on to inodes, and procfs makes new ones for names that it had forgotten: this one it shall not forget.
        OwnedFd self = OwnedFd.of(Posix.open("/proc/self", Posix.O_RDONLY), "/proc/self");
        rules.allow(self, READ);
        int unused = self.release();
    }
}
