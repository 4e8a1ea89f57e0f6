package dev.bitfold.cli.measure;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** A comparison as a table and as JSON. */
public final class SideBySideText {
  private SideBySideText() {}

  /**
   * Returns a table.
   *
   * @param a the heading of the first file
   * @param b that of the second one
   */
  public static String table(SideBySide c, String a, String b) {
    List<String[]> rows = new ArrayList<>();
    rows.add(new String[] {"", a, b});
    rows.add(
        new String[] {
          "bytes",
          String.format(Locale.ROOT, "%,d", c.a().bytes()),
          String.format(
              Locale.ROOT, "%,d (%.1f %%)", c.b().bytes(), 100.0 * c.b().bytes() / c.a().bytes())
        });
    rows.add(
        new String[] {
          "time, batch of " + c.timing().rows(),
          format("%.2f ms", c.timing().milliseconds()),
          format(
              "%.3f of it (median of %d rounds in turns)", c.timing().ratio(), c.timing().rounds())
        });
    c.outputs()
        .forEach(
            (name, f) -> {
              rows.add(
                  new String[] {
                    name, "", format("cosine %.6f, worst %.6f", f.cosine(), f.worstCosine())
                  });
              rows.add(
                  new String[] {
                    "",
                    "",
                    format(
                        "SNR %s dB, largest difference %.3g of the largest value",
                        Double.isInfinite(f.snr()) && f.snr() > 0
                            ? "infinite"
                            : format("%.2f", f.snr()),
                        f.maxRelative())
                  });
              if (f.equal() < 1) {
                return;
              }
              rows.add(new String[] {"", "", "the same bits"});
            });
    if (c.invariance().size() == 2) {
      Invariance x = c.invariance().get(0);
      Invariance y = c.invariance().get(1);
      rows.add(
          new String[] {
            "same alone and in a batch of " + x.batch(),
            bits(x.sameInBatch(), x.texts(), x.worstInBatch()),
            bits(y.sameInBatch(), y.texts(), y.worstInBatch())
          });
      rows.add(
          new String[] {
            "same alone and padded to " + x.padded(),
            bits(x.samePadded(), x.texts(), x.worstPadded()),
            bits(y.samePadded(), y.texts(), y.worstPadded())
          });
    }
    return aligned(rows);
  }

  private static String bits(int same, int texts, double worst) {
    return same == texts
        ? format("all %d bit for bit", texts)
        : format("%d of %d, worst cosine %.6f", same, texts, worst);
  }

  private static String format(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }

  private static String aligned(List<String[]> rows) {
    int first = rows.stream().mapToInt(r -> r[0].length()).max().orElse(0);
    int second = rows.stream().mapToInt(r -> r[1].length()).max().orElse(0);
    StringBuilder text = new StringBuilder();
    for (String[] row : rows) {
      text.append(
              format("%-" + first + "s  %-" + second + "s  %s", row[0], row[1], row[2])
                  .stripTrailing())
          .append('\n');
    }
    return text.toString();
  }

  /** Returns everything as JSON; what is infinite is null. */
  public static ObjectNode json(SideBySide c) {
    ObjectNode root = new ObjectMapper().createObjectNode();
    root.putObject("a").put("file", c.a().path()).put("bytes", c.a().bytes());
    root.putObject("b").put("file", c.b().path()).put("bytes", c.b().bytes());
    root.put("data", c.data()).put("batches", c.batches());
    ObjectNode outputs = root.putObject("outputs");
    for (Map.Entry<String, Figures> output : c.outputs().entrySet()) {
      Figures f = output.getValue();
      ObjectNode node = outputs.putObject(output.getKey());
      node.put("samples", f.samples()).put("cosine", f.cosine());
      node.put("worstCosine", f.worstCosine());
      put(node, "snr", f.snr());
      put(node, "maxRelative", f.maxRelative());
      node.put("equal", f.equal());
    }
    Timing t = c.timing();
    root.putObject("time")
        .put("milliseconds", t.milliseconds())
        .put("ratio", t.ratio())
        .put("rounds", t.rounds())
        .put("rows", t.rows());
    for (int i = 0; i < c.invariance().size(); i++) {
      Invariance v = c.invariance().get(i);
      ((ObjectNode) root.get(i == 0 ? "a" : "b"))
          .putObject("invariance")
          .put("texts", v.texts())
          .put("sameInBatch", v.sameInBatch())
          .put("worstInBatch", v.worstInBatch())
          .put("batch", v.batch())
          .put("samePadded", v.samePadded())
          .put("worstPadded", v.worstPadded())
          .put("padded", v.padded());
    }
    return root;
  }

  private static void put(ObjectNode node, String name, double value) {
    if (Double.isFinite(value)) {
      node.put(name, value);
    } else {
      node.putNull(name);
    }
  }
}
