package dev.wayferry.examples.bench.report;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Consumer;

/** Says what is being done: a terminal gets one line that changes, anything else a line for each. */
public final class Progress implements Consumer<String>, AutoCloseable {
    private static final String FRESH_LINE = "\r\033[K";

    private final PrintStream out;
    private final boolean terminal;

    /**
     * Progress on a stream.
     *
     * @param terminal whether a line of it can be written over
     */
    public Progress(PrintStream out, boolean terminal) {
        this.out = out;
        this.terminal = terminal;
    }

    /** On standard error, so that standard output has nothing but the table. */
    public static Progress onStandardError() {
        return new Progress(System.err, errorsGoToATerminal());
    }

    private static boolean errorsGoToATerminal() {
        try {
            String target = Files.readSymbolicLink(Path.of("/proc/self/fd/2")).toString();
            return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty");
        } catch (IOException closed) {
            return false;
        }
    }

    @Override
    public void accept(String what) {
        if (terminal) {
            out.print(FRESH_LINE + "  " + what);
            out.flush();
        } else {
            out.println("  " + what);
        }
    }

    /** Takes the line away again. */
    @Override
    public void close() {
        if (terminal) {
            out.print(FRESH_LINE);
            out.flush();
        }
    }
}
