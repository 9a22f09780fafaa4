package dev.wayferry.proxy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * Whose VMMs may connect: the own user's, root's, and those of users that the command line names. Root's, because a VMM may
 * be started by it, and root needs no socket to do with this process what it likes.
 *
 * @param own the user that this process runs as
 * @param others those that were named
 * @param all whether every user has a number of its own here: in a user namespace those that are not mapped into it, root
 *     perhaps among them, have one together, which lets in nobody
 */
record AllowedPeers(int own, Set<Integer> others, boolean all) {
    private static final int ROOT = 0;

    /** What users are called that a user namespace does not know, if root has not changed it (kernel.overflowuid). */
    private static final int UNKNOWN = 65534;

    private static final Path USER_MAP = Path.of("/proc/self/uid_map");
    private static final int OWNER_ONLY = 0600;

    /** The kernel looks at the mode before there is a peer whose user could be asked for. */
    private static final int EVERYBODY = 0666;

    /** Those who may connect to this process. */
    static AllowedPeers here(int own, List<Integer> others) {
        boolean all;
        try {
            all = isWhole(Files.readString(USER_MAP));
        } catch (IOException e) {
            // A kernel without user namespaces.
            all = true;
        }
        return new AllowedPeers(own, Set.copyOf(others), all);
    }

    /** Whether a map of users, as user_namespaces(7) has it, leaves nobody out. */
    static boolean isWhole(String map) {
        return map.strip().matches("0\\s+0\\s+4294967295");
    }

    boolean contains(long uid) {
        return uid == own || uid == ROOT || (uid == (int) uid && others.contains((int) uid) && !isUnknown(uid));
    }

    private boolean isUnknown(long uid) {
        return !all && uid == UNKNOWN;
    }

    /** What would let in the user {@code uid}, who is turned away. */
    String remedy(long uid) {
        return isUnknown(uid)
                ? "that is what every user is called whom this user namespace does not know (PrivateUsers= of systemd), so"
                        + " no --allow-uid lets it in, but a process outside of it"
                : "--allow-uid=" + uid + " lets it in";
    }

    /** The mode of a socket to which users beside the own one and root may connect, if there are {@code others}. */
    static int socketMode(List<Integer> others) {
        return others.isEmpty() ? OWNER_ONLY : EVERYBODY;
    }

    /** Their numbers. */
    @Override
    public String toString() {
        Set<Integer> all = new TreeSet<>(others);
        all.add(ROOT);
        all.add(own);
        return all.toString();
    }
}
