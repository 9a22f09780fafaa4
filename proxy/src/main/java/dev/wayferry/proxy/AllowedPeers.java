package dev.wayferry.proxy;

import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * Whose VMMs may connect: the own user's, root's, and those of users that the command line names. Root's, because a VMM may
 * be started by it, and root needs no socket to do with this process what it likes.
 *
 * @param own the user that this process runs as
 * @param others those that were named
 */
record AllowedPeers(int own, Set<Integer> others) {
    private static final int ROOT = 0;
    private static final int OWNER_ONLY = 0600;

    /** The kernel looks at the mode before there is a peer whose user could be asked for. */
    private static final int EVERYBODY = 0666;

    boolean contains(long uid) {
        return uid == own || uid == ROOT || (uid == (int) uid && others.contains((int) uid));
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
