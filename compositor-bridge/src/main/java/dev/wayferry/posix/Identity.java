package dev.wayferry.posix;

/** Whose the process and the files that it makes are. */
public final class Identity {
    private static final int UMASK = SystemCall.X86_64 ? 95 : 166;
    private static final int GETEUID = SystemCall.X86_64 ? 107 : 175;
    private static final int OTHERS = 0077;

    private Identity() {}

    /** The number of the user as whom it acts. */
    public static int user() {
        return (int) SystemCall.call(GETEUID);
    }

    /** Lets only their owner open files that the process makes from now on, whatever it has inherited: umask(2). */
    public static void keepFilesToOwner() {
        int unused = umask(OTHERS);
    }

    /** Sets the mode bits that files of the process do not get; returns those before (umask(2)). */
    public static int umask(int mask) {
        return (int) SystemCall.call(UMASK, mask);
    }
}
