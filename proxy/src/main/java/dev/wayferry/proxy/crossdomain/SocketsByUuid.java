package dev.wayferry.proxy.crossdomain;

import dev.wayferry.posix.OwnedFd;
import java.util.LinkedHashMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Sockets of one VM that a context received and to which another is going to connect, by the UUIDs its guest gave them. */
final class SocketsByUuid {
    /** Guests take a socket right after they have named it; one that nobody took while so many came is not waited for. */
    static final int MOST = 64;

    private final LinkedHashMap<UUID, OwnedFd> sockets = new LinkedHashMap<>();
    private final Closer closer;

    SocketsByUuid(Closer closer) {
        this.closer = closer;
    }

    /** Takes ownership of {@code socket}; false, and it stays the caller's, when that UUID is taken. */
    boolean put(UUID uuid, OwnedFd socket) {
        if (sockets.containsKey(uuid)) {
            return false;
        }
        if (sockets.size() == MOST) {
            closer.close(sockets.pollFirstEntry().getValue());
        }
        sockets.put(uuid, socket);
        return true;
    }

    /** The socket of that UUID, which is the caller's and no longer here; null when there is none. */
    @Nullable OwnedFd take(UUID uuid) {
        return sockets.remove(uuid);
    }

    /** Closes those that nobody took. */
    void close() {
        sockets.values().forEach(closer::close);
        sockets.clear();
    }
}
