package dev.wayferry.proxy.crossdomain;

import dev.wayferry.wire.crossdomain.CrossDomain;
import dev.wayferry.wire.crossdomain.CrossDomainInit;

/**
 * What a guest means by the numbers behind WRITE and WRITE_PIPE, which rutabaga_gfx and libkrun number differently. Nothing
 * says which but the form of INIT. Guests that know neither may abort on an identifier of a type they don't know.
 */
enum Dialect {
    /** Neither: INIT of 16 or 20 bytes, as sommelier and wayland-proxy-virtwl send it. */
    BASE(Dialect.NONE, Dialect.NONE, Dialect.NONE),
    /** INIT of 24 bytes, as muvm sends it. */
    LIBKRUN(CrossDomain.ID_TYPE_EVENTFD, Dialect.NONE, CrossDomain.ID_TYPE_SHM),
    /** INIT of 36 bytes. */
    RUTABAGA(CrossDomain.ID_TYPE_EVENT, CrossDomain.ID_TYPE_SOCKET, CrossDomain.ID_TYPE_VIRTIO_FS_BLOB);

    private static final int NONE = 0;

    private final int eventType;
    private final int socketType;
    private final int exportedType;

    Dialect(int eventType, int socketType, int exportedType) {
        this.eventType = eventType;
        this.socketType = socketType;
        this.exportedType = exportedType;
    }

    /** The dialect of a guest whose INIT has so many bytes. */
    static Dialect of(int initSize) {
        if (initSize >= CrossDomainInit.RUTABAGA_LENGTH) {
            return RUTABAGA;
        }
        return initSize >= CrossDomainInit.LIBKRUN_LENGTH ? LIBKRUN : BASE;
    }

    boolean hasEvents() {
        return eventType != NONE;
    }

    /** The identifier type of an eventfd, if the dialect has them. */
    int eventType() {
        return eventType;
    }

    boolean hasSockets() {
        return socketType != NONE;
    }

    /** The identifier type of a socket, if the dialect has them. */
    int socketType() {
        return socketType;
    }

    /**
     * Whether identifiers of this type name files of another device's export table (a virtio-fs device in the same process
     * has one), which a vhost-user process can't look into.
     */
    boolean isExported(int identifierType) {
        return exportedType != NONE && identifierType == exportedType;
    }

    /** Whether this command names such a file, or what was made of one. */
    boolean needsExportTable(int cmd) {
        return switch (cmd) {
            case CrossDomain.CMD_CREATE_ATOMIC_MEMORY_SENTINEL,
                    CrossDomain.CMD_SIGNAL_ATOMIC_MEMORY_SENTINEL,
                    CrossDomain.CMD_DESTROY_ATOMIC_MEMORY_SENTINEL -> this != BASE;
            case CrossDomain.CMD_IMPORT_VIRTIOFS_HANDLE -> this == RUTABAGA;
            default -> false;
        };
    }
}
