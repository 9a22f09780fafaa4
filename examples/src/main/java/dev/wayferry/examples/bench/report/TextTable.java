package dev.wayferry.examples.bench.report;

import dev.wayferry.examples.bench.Row;
import java.util.ArrayList;
import java.util.List;

/** Results as a table for a terminal. */
public final class TextTable {
    private TextTable() {}

    /** All rows, what is to be noted of them, and the targets, if any of them could be looked at. */
    public static String of(Results results) {
        var text = new StringBuilder();
        List<List<String>> table = new ArrayList<>();
        table.add(Column.titles());
        String last = "";
        for (Row row : results.rows()) {
            List<String> cells = new ArrayList<>(Column.cells(results, row));
            if (row.workload().equals(last)) {
                cells.set(0, "");
            }
            last = row.workload();
            table.add(cells);
        }
        append(text, table, 2);
        for (Row row : results.rows()) {
            if (row.note() != null) {
                text.append(row.workload()).append(", ").append(row.backend()).append(": ").append(row.note()).append('\n');
            }
        }
        text.append('\n');
        List<List<String>> targets = new ArrayList<>();
        targets.add(List.of("target", "limit", "measured", "", "workload"));
        for (Target target : Targets.of(results)) {
            targets.add(List.of(
                    target.what(), target.limit(), Figures.of(target.figure()), target.describe(), target.detail()));
        }
        append(text, targets, 2);
        return text.toString();
    }

    /** Aligned columns: the first {@code names} and those without a digit in them to the left, numbers to the right. */
    private static void append(StringBuilder text, List<List<String>> table, int names) {
        int columns = table.getFirst().size();
        int[] widths = new int[columns];
        boolean[] numbers = new boolean[columns];
        for (List<String> row : table) {
            for (int i = 0; i < columns; i++) {
                widths[i] = Math.max(widths[i], row.get(i).length());
            }
        }
        for (int i = names; i < columns; i++) {
            int column = i;
            numbers[i] = table.stream().skip(1).allMatch(row -> row.get(column).matches("[×\\d. –-]*"));
        }
        for (List<String> row : table) {
            var line = new StringBuilder();
            for (int i = 0; i < columns; i++) {
                String blanks = " ".repeat(widths[i] - row.get(i).length());
                line.append(numbers[i] ? blanks + row.get(i) : row.get(i) + blanks).append("  ");
            }
            text.append(line.toString().stripTrailing()).append('\n');
        }
    }
}
