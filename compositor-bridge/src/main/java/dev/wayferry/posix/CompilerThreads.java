package dev.wayferry.posix;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The threads of the JVM's compilers. A loop on its way wakes them whenever some method has been used often enough, and they
 * would then take the CPU from it for a millisecond or for five, in the middle of a frame.
 */
public final class CompilerThreads {
    private static final Path THREADS = Path.of("/proc/self/task");

    /** The C1 and the C2 one, cut by the kernel to 15 bytes. */
    private static final String NAME = "C[12] CompilerThre";

    private CompilerThreads() {}

    /**
     * Has those that there are, and those that they will start, wait until nobody else runs or their turn has come. Where it
     * fails, they go on as they ever did, and that is all.
     */
    public static void makeUnhurried() {
        try (DirectoryStream<Path> threads = Files.newDirectoryStream(THREADS)) {
            for (Path thread : threads) {
                if (nameOf(thread).matches(NAME)) {
                    Priority.makeUnhurried(Integer.parseInt(thread.getFileName().toString()));
                }
            }
        } catch (IOException | DirectoryIteratorException e) {
            // There is no /proc, or not all of it.
        }
    }

    /** Has the calling thread be {@linkplain Priority#makePrompt prompt}, and these give way to it. */
    public static void giveWay() {
        Priority.makePrompt();
        makeUnhurried();
    }

    /** Empty if it has ended meanwhile. */
    private static String nameOf(Path thread) {
        try {
            return Files.readString(thread.resolve("comm")).strip();
        } catch (IOException e) {
            return "";
        }
    }
}
