package dev.wayferry.examples.picture;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code check-picture}: looks for colours in PNG files. */
@Command(
        name = "check-picture",
        description = "Counts the pixels of each colour in a PNG file, or those in which two PNG files differ.",
        exitCodeListHeading = "Exit codes:%n",
        exitCodeList = {
            "0:Every colour has --min-pixels, or the files differ in so many.",
            "1:One has not, or a file cannot be read."
        },
        mixinStandardHelpOptions = true)
public final class CheckPictureCommand implements Callable<Integer> {
    @Option(
            names = "--min-pixels",
            description = "The least number of pixels for a colour to count as found. Default: ${DEFAULT-VALUE}.",
            defaultValue = "500")
    private int minPixels;

    @Option(names = "--differs", arity = "2", paramLabel = "FILE", description = "Two PNG files that should differ.")
    private @Nullable List<Path> compared;

    @Parameters(index = "0", arity = "0..1", paramLabel = "FILE", description = "A PNG file.")
    private @Nullable Path file;

    @Parameters(index = "1..*", paramLabel = "RRGGBB", description = "The colours that should be in it.")
    private List<String> colors = new ArrayList<>();

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Override
    public Integer call() {
        if (compared == null && (file == null || colors.isEmpty())) {
            throw new ParameterException(spec.commandLine(), "a file and at least one colour, or --differs and two files");
        }
        try {
            boolean good = compared == null || checkDifference(compared.get(0), compared.get(1));
            return (file == null || checkColors(file)) && good ? 0 : 1;
        } catch (IOException e) {
            System.err.println("check-picture: " + e.getMessage());
            return 1;
        }
    }

    private boolean checkColors(Path path) throws IOException {
        int[] wanted = new int[colors.size()];
        for (int i = 0; i < wanted.length; i++) {
            try {
                wanted[i] = Integer.parseInt(colors.get(i), 16);
            } catch (NumberFormatException e) {
                throw new ParameterException(spec.commandLine(), "a colour is RRGGBB, not " + colors.get(i), e);
            }
        }
        Picture picture = Png.read(path);
        boolean all = true;
        for (int i = 0; i < wanted.length; i++) {
            int count = picture.count(wanted[i]);
            boolean enough = count >= minPixels;
            System.out.println(colors.get(i) + " " + count + (enough ? "" : " (fewer than " + minPixels + ")"));
            all &= enough;
        }
        return all;
    }

    private boolean checkDifference(Path first, Path second) throws IOException {
        int count = Png.read(first).differences(Png.read(second));
        boolean enough = count >= minPixels;
        System.out.println("different " + count + (enough ? "" : " (fewer than " + minPixels + ")"));
        return enough;
    }
}
