package dev.wayferry.fuzz;

import java.util.Locale;

/** What must not be. Its kind is in the line that names it, which is how {@link Campaign} counts. */
final class Finding extends AssertionError {
    private static final long serialVersionUID = 1;

    /** What a run's last line counts apart. */
    enum Kind {
        CRASH,
        HANG,
        LEAK;

        String key() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    Finding(Kind kind, String what) {
        super("[" + kind + "] " + what);
    }

    Finding(String what, Throwable cause) {
        super("[" + Kind.CRASH + "] " + what, cause);
    }
}
