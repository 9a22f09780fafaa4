package dev.wayferry.fuzz;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;

/** Runs inputs once each. Inputs whose names end with .hex are text, with comments; others are taken as they are. */
public final class Replay {
    private Replay() {}

    /** {@code Replay TARGET FILE_OR_FOLDER...}; ends with 1 at the first that finds something. */
    public static void main(String[] arguments) throws IOException {
        Path folder = Files.createTempDirectory("wayferry");
        int count = 0;
        try (Target target = TargetKind.of(arguments[0]).here(folder)) {
            for (int i = 1; i < arguments.length; i++) {
                for (Path file : files(Path.of(arguments[i]))) {
                    System.out.println(file);
                    target.run(new Input(read(file)));
                    count++;
                }
            }
        } finally {
            Files.delete(folder);
        }
        System.out.println("ran " + count + " inputs");
    }

    private static List<Path> files(Path path) throws IOException {
        if (!Files.isDirectory(path)) {
            return List.of(path);
        }
        try (Stream<Path> all = Files.list(path)) {
            return new ArrayList<>(all.sorted().toList());
        }
    }

    /** The bytes that a file says. */
    static byte[] read(Path file) throws IOException {
        if (!file.toString().endsWith(".hex")) {
            return Files.readAllBytes(file);
        }
        StringBuilder digits = new StringBuilder();
        for (String line : Files.readString(file, StandardCharsets.UTF_8).lines().toList()) {
            int comment = line.indexOf('#');
            digits.append((comment < 0 ? line : line.substring(0, comment)).replaceAll("\\s", ""));
        }
        return HexFormat.of().parseHex(digits);
    }
}
