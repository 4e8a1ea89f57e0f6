package dev.bitfold.examples.embeddings.evaluation;

import dev.bitfold.descriptor.Alpha;
import dev.bitfold.diagnosis.Summary;
import dev.bitfold.layer.TensorRole;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * What is active in a quantized model.
 *
 * @param linears layers with at least one quantizer
 * @param quantizers quantized tensors, weights and inputs
 * @param skipped components kept float
 * @param alphas the migration strength chosen for each smoothed layer; null where "off" was best
 */
public record LayerAlphas(int linears, int quantizers, int skipped, Map<String, Double> alphas) {
  /** Reads a summary. */
  public static LayerAlphas of(Summary summary) {
    Map<String, Double> alphas = new LinkedHashMap<>();
    for (Summary.Row row : summary.rows()) {
      if (row.role() == TensorRole.INPUT && row.smoothing().alpha().isPresent()) {
        Alpha alpha = row.smoothing().alpha().get();
        alphas.put(layer(row.path()), alpha instanceof Alpha.Fixed fixed ? fixed.value() : null);
      }
    }
    long linears = summary.rows().stream().map(row -> layer(row.path())).distinct().count();
    return new LayerAlphas((int) linears, summary.rows().size(), summary.skipped().size(), alphas);
  }

  private static String layer(String tensor) {
    return tensor.substring(0, tensor.lastIndexOf('.'));
  }

  /** A line for what is active, then the alphas, six to a line. */
  public String text() {
    StringBuilder text = new StringBuilder();
    text.append(
        String.format(
            Locale.ROOT,
            "active: %d linears, %d quantizers, %d skipped; alpha of each linear:%n",
            linears,
            quantizers,
            skipped));
    int column = 0;
    for (Map.Entry<String, Double> entry : alphas.entrySet()) {
      String alpha =
          entry.getValue() == null ? "off" : String.format(Locale.ROOT, "%.2f", entry.getValue());
      text.append(String.format("  %-30s %4s", entry.getKey(), alpha));
      text.append(++column % 3 == 0 ? System.lineSeparator() : "");
    }
    return text.append(column % 3 == 0 ? "" : System.lineSeparator()).toString();
  }
}
