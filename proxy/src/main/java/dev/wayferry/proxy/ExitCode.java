package dev.wayferry.proxy;

/** What the process ends with. */
final class ExitCode {
    /** The VMM of {@code --fd} has gone, SIGTERM or SIGINT came, or there was only something to print. */
    static final int OK = 0;
    /** It could not do its work: the socket is taken, the descriptor is no socket. */
    static final int FAILURE = 1;
    /** The command line can't be understood. */
    static final int USAGE = 2;

    private ExitCode() {}
}
