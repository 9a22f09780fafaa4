package dev.wayferry.examples.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A process to look at, which goes on when it is told to by a byte, and tells by one that it has done so. */
final class ChildProcess implements AutoCloseable {
    private static final int END_LIMIT_SECONDS = 60;

    private final Process process;

    private ChildProcess(Process process) {
        this.process = process;
    }

    static ChildProcess start(String... command) throws IOException {
        return new ChildProcess(new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start());
    }

    /**
     * Awaits a byte, makes {@code count} system calls and one more to tell so, and awaits a byte again. The first byte is
     * awaited already.
     */
    static ChildProcess thatCalls(int count) throws IOException, InterruptedException {
        String program = "syswrite STDOUT, 'x'; sysread STDIN, $x, 1;"
                + "getppid for 1.." + count + "; syswrite STDOUT, 'x'; sysread STDIN, $x, 1";
        ChildProcess child = start("perl", "-e", program);
        child.await();
        child.awaitReading();
        return child;
    }

    /** Until it, which has told that it is there, sleeps in the call that awaits its next byte. */
    void awaitReading() throws IOException, InterruptedException {
        Path stat = Path.of("/proc/" + pid() + "/stat");
        while (!Files.readString(stat).contains(") S ")) {
            Thread.sleep(1);
        }
    }

    /** A JVM with the class path of this one. */
    static ChildProcess java(Class<?> main, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                System.getProperty("java.home") + "/bin/java",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                main.getName()));
        command.addAll(List.of(arguments));
        return start(command.toArray(String[]::new));
    }

    long pid() {
        return process.pid();
    }

    void tell() throws IOException {
        process.getOutputStream().write('x');
        process.getOutputStream().flush();
    }

    void await() throws IOException {
        if (process.getInputStream().read() < 0) {
            throw new IOException("the process has ended");
        }
    }

    boolean isAlive() {
        return process.isAlive();
    }

    /** By closing its standard input, for which it waits. */
    void end() throws IOException, InterruptedException {
        process.getOutputStream().close();
        if (!process.waitFor(END_LIMIT_SECONDS, TimeUnit.SECONDS)) {
            throw new IOException("the process does not end");
        }
    }

    @Override
    public void close() throws InterruptedException {
        process.destroyForcibly();
        process.waitFor();
    }
}
