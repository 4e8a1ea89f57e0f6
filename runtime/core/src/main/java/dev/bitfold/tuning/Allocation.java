package dev.bitfold.tuning;

import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.diagnosis.Figures;
import dev.bitfold.diagnosis.TextTable;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Tells which format each weight got under a budget. Immutable. Errors are relative errors (root of
 * noise over signal) of the model's output with only weights quantized, rounded to nearest with
 * scales of least squares; {@code reconstruct} lowers them.
 *
 * @param weights the weights that formats were chosen for, in the order of the model
 * @param left the quantized weights that kept their format, with the reason, by path
 * @param chosen the size of the model and its errors with these formats
 * @param front other budgets with what would be chosen for them, by ascending bytes
 * @param rankCorrelation Spearman's rank correlation of predicted and measured errors, over
 *     arbitrary formats of about the same size; NaN if all errors are equal
 * @param heldOut whether errors were measured on batches that the prediction has not seen
 */
public record Allocation(
    List<Weight> weights,
    Map<String, String> left,
    Point chosen,
    List<Point> front,
    double rankCorrelation,
    boolean heldOut) {
  /**
   * Describes one weight.
   *
   * @param path the path of the weight
   * @param format how it is quantized; empty if it stays float
   * @param bytes its packed size
   * @param error the predicted error of the model's output with only this weight quantized
   */
  public record Weight(String path, Optional<QuantDescriptor> format, long bytes, double error) {}

  /**
   * Describes a choice of formats for all weights.
   *
   * @param bytes the size of weights and biases of all layers, packed
   * @param predicted the predicted error of the model's output
   * @param measured the error of the model's output
   */
  public record Point(long bytes, double predicted, double measured) {
    @Override
    public String toString() {
      return bytes
          + " bytes, error "
          + Figures.error(measured)
          + " (predicted "
          + Figures.error(predicted)
          + ")";
    }
  }

  /** Copies the collections, keeping their order. */
  public Allocation {
    weights = List.copyOf(weights);
    left = Collections.unmodifiableMap(new LinkedHashMap<>(left));
    front = List.copyOf(front);
  }

  /** Returns a table of all weights, and lines about the model and other budgets. */
  @Override
  public String toString() {
    List<List<String>> cells = new ArrayList<>();
    cells.add(List.of("weight", "format", "bytes", "error of the model's output"));
    for (Weight weight : weights) {
      cells.add(
          List.of(
              weight.path(),
              weight.format().map(format -> format.format().label()).orElse("float32"),
              Long.toString(weight.bytes()),
              Figures.error(weight.error())));
    }
    StringBuilder text = new StringBuilder(TextTable.of(cells));
    left.forEach(
        (path, reason) -> text.append(path).append(": as it was, ").append(reason).append('\n'));
    text.append("chosen: ").append(chosen).append('\n');
    front.stream().distinct().forEach(point -> text.append("other: ").append(point).append('\n'));
    text.append(
        Double.isNaN(rankCorrelation)
            ? "predicted and measured errors are all equal"
            : String.format(
                Locale.ROOT,
                "rank correlation of predicted and measured errors: %.3f",
                rankCorrelation));
    text.append(heldOut ? ", on other batches\n" : ", on the same batches: there are too few\n");
    return text.toString();
  }
}
