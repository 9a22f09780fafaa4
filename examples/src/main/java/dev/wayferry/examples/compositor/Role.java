package dev.wayferry.examples.compositor;

/** What a surface is for. A surface that had one role can never have another. */
interface Role {
    /** The name that protocols and {@link SurfaceInfo} use. */
    String roleName();

    /** Refuses a commit that the role forbids. */
    default void beforeCommit(boolean withBuffer) throws ProtocolException {}

    /** The surface's new state is in force. */
    default void committed() throws ProtocolException {}

    /** The surface is being destroyed, or a part of its parent is. */
    default void surfaceDestroyed() {}
}
