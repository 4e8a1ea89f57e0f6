package dev.bitfold.golden;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What the library computed for a case. Each field the case expects must be here or be left out
 * with a reason; a field that the case does not expect is not compared.
 */
final class GoldenResult {
  /** One field; arrays without a shape are compared flat. */
  record Field(Object value, Tolerance tolerance) {}

  private final Map<String, Field> fields = new LinkedHashMap<>();
  private final Map<String, String> leftOut = new LinkedHashMap<>();

  private GoldenResult() {}

  /** No field yet. */
  static GoldenResult none() {
    return new GoldenResult();
  }

  /** One exact field. */
  static GoldenResult of(String field, Object value) {
    return of(field, value, Tolerance.EXACT);
  }

  /**
   * One field.
   *
   * @param value an INDArray (its shape is compared), a float[], int[], long[] or byte[] (compared
   *     flat), a number, a boolean or a string
   */
  static GoldenResult of(String field, Object value, Tolerance tolerance) {
    return new GoldenResult().and(field, value, tolerance);
  }

  GoldenResult and(String field, Object value) {
    return and(field, value, Tolerance.EXACT);
  }

  GoldenResult and(String field, Object value, Tolerance tolerance) {
    fields.put(field, new Field(value, tolerance));
    return this;
  }

  /** Does not compare an expected field. */
  GoldenResult leaveOut(String field, String reason) {
    leftOut.put(field, reason);
    return this;
  }

  Map<String, Field> fields() {
    return fields;
  }

  Map<String, String> leftOut() {
    return leftOut;
  }
}
