package dev.wayferry.examples.bench;

import java.io.IOException;

/** A JVM and nothing else: says that it is there by a byte, and sleeps until its standard input ends. */
public final class EmptyMain {
    private EmptyMain() {}

    public static void main(String[] args) throws IOException {
        System.out.write('x');
        System.out.flush();
        while (System.in.read() >= 0) {}
    }
}
