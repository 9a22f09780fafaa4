package dev.wayferry.examples.bench.report;

import dev.wayferry.examples.bench.Row;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.Properties;
import org.jspecify.annotations.Nullable;

/**
 * Results as one page that needs nothing but itself: the tables are plain HTML, and the plots are drawn by Chart.js, whose
 * script and licence are in it. Chart.js, since it has logarithmic axes, draws on paper as on a screen, and comes as one
 * file by Maven Central, from where its newer versions will come too; libraries of Java's make pictures, in which nobody
 * can ask for a point's figures.
 */
final class HtmlReport {
    private static final String CHART_JS = "/META-INF/resources/webjars/chart.js/";

    private HtmlReport() {}

    static String of(Results results) throws IOException {
        String version = chartVersion();
        // The last line names a file for debuggers, which is not there.
        String script = resource(CHART_JS + version + "/dist/chart.umd.min.js").replaceAll("(?m)^//# source.*$", "");
        return resource("bench.html")
                .replace("{{style}}", resource("bench.css"))
                .replace("{{machine}}", machine(results.machine()))
                .replace("{{headline}}", headline(results))
                .replace("{{targets}}", targets(results))
                .replace("{{rows}}", rows(results))
                .replace("{{notes}}", notes(results))
                .replace("{{plots}}", resource("bench.js"))
                .replace("{{licence}}", escape(resource(CHART_JS + version + "/LICENSE.md").strip()))
                // These two last, as they may hold anything. A script ends at the first "</".
                .replace("{{chart}}", script)
                .replace("{{results}}", results.json().replace("<", "\\u003c"));
    }

    private static String chartVersion() throws IOException {
        var properties = new Properties();
        try (InputStream in = open("/META-INF/maven/org.webjars.npm/chart.js/pom.properties")) {
            properties.load(in);
        }
        return Objects.requireNonNull(properties.getProperty("version"), "version");
    }

    private static InputStream open(String name) throws IOException {
        InputStream in = HtmlReport.class.getResourceAsStream(name);
        if (in == null) {
            throw new IOException("the examples' jar lacks " + name);
        }
        return in;
    }

    private static String resource(String name) throws IOException {
        try (InputStream in = open(name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private static String machine(Machine machine) {
        var text = new StringBuilder();
        fact(text, "processor", machine.cpu() + ", " + machine.cpus() + " CPUs" + (machine.virtualised() ? ", a VM" : ""));
        fact(text, "placement", machine.placement());
        fact(text, "governor", machine.governor());
        fact(text, "memory", Figures.of(machine.memoryMb()) + " MiB");
        fact(text, "kernel", machine.kernel());
        fact(text, "Java", machine.jdk());
        fact(text, "its options", machine.jvmFlags());
        fact(text, "commit", machine.commit());
        fact(text, "date", machine.date());
        fact(text, "command line", machine.commandLine());
        fact(text, "seed", Long.toString(machine.seed()));
        return text.toString();
    }

    private static void fact(StringBuilder text, String name, @Nullable String value) {
        if (value != null && !value.isEmpty()) {
            text.append("<dt>").append(name).append("</dt><dd>").append(escape(value)).append("</dd>\n");
        }
    }

    /** The first few targets that were measured, large. */
    private static String headline(Results results) {
        var text = new StringBuilder();
        Targets.of(results).stream()
                .filter(target -> target.figure() != null && target.limit().endsWith("of the floor"))
                .limit(4)
                .forEach(target -> text.append("<div class=\"figure ")
                        .append(style(target))
                        .append("\"><b>")
                        .append(escape(Figures.times(target.figure())))
                        .append("</b><span>")
                        .append(escape(target.what()))
                        .append("</span><small>target ")
                        .append(escape(target.limit()))
                        .append("</small></div>\n"));
        return text.toString();
    }

    private static String targets(Results results) {
        var text = new StringBuilder();
        for (Target target : Targets.of(results)) {
            text.append("<tr class=\"").append(style(target)).append("\">");
            cells(text, "td", List.of(
                    target.what(), target.limit(), Figures.of(target.figure()), target.describe(), target.detail()));
            text.append("</tr>\n");
        }
        return text.toString();
    }

    private static String style(Target target) {
        return switch (target.verdict()) {
            case MET -> "met";
            case MISSED -> "missed";
            case NOT_MEASURED, NO_TARGET -> "unmeasured";
        };
    }

    private static String rows(Results results) {
        var text = new StringBuilder("<thead><tr>");
        cells(text, "th", Column.titles());
        text.append("</tr></thead>\n<tbody>\n");
        String last = "";
        for (Row row : results.rows()) {
            text.append(row.workload().equals(last) ? "<tr>" : "<tr class=\"first\">");
            cells(text, "td", Column.cells(results, row));
            text.append("</tr>\n");
            last = row.workload();
        }
        return text.append("</tbody>").toString();
    }

    private static String notes(Results results) {
        var text = new StringBuilder();
        for (Row row : results.rows()) {
            String note = row.note();
            if (note != null) {
                text.append("<li>")
                        .append(escape(row.workload() + ", " + row.backend() + ": " + note))
                        .append("</li>\n");
            }
        }
        return text.toString();
    }

    private static void cells(StringBuilder text, String tag, List<String> cells) {
        for (String cell : cells) {
            text.append('<').append(tag).append('>').append(escape(cell)).append("</").append(tag).append('>');
        }
    }

    static String escape(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\"", "&quot;");
    }
}
