package dev.bitfold.examples.embeddings.curves;

import java.util.List;

/**
 * A measured curve, or a table where x has no order.
 *
 * @param name of its files: {@code alpha}
 * @param title over the picture
 * @param x what is varied
 * @param points what was measured
 */
public record Curve(String name, String title, String x, List<Point> points) {
  /**
   * One measurement.
   *
   * @param x the setting
   * @param cosine mean cosine of the embeddings to the float model's
   * @param rhoFp32 Spearman of the similarities to the float model's
   */
  public record Point(String x, double cosine, double rhoFp32) {}

  /** Copies the points. */
  public Curve {
    points = List.copyOf(points);
  }
}
