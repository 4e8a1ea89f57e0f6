package dev.bitfold.onnx.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Budgets are read as they are written. */
class OnnxBudgetTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "time<=0.6 | time<=0.6",
        "time<=.6, cosine>=0.999 | time<=0.6,cosine>=0.999",
        "bytes<=3000000,snr>=20 | bytes<=3000000,snr>=20.0",
        "time <= 0.6,time<=0.5 | time<=0.5"
      })
  void isRead(String text, String normal) {
    OnnxBudget budget = OnnxBudget.parse(text);
    assertEquals(normal, budget.toString());
    assertEquals(budget, OnnxBudget.parse(budget.toString()));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "time>=0.6 | 'time>=0.6' is no limit",
        "speed<=2 | 'speed<=2' is no limit",
        "'' | '' is no limit",
        "time<=0.6, | '' is no limit",
        "bytes<=1e6 | '1e6' in 'bytes<=1e6' is no number",
        "time<=-1 | a time above 0",
        "cosine>=1 | a cosine of -1 and more, below 1",
        "time<=1e999 | a time above 0"
      })
  void isRefused(String text, String problem) {
    String message =
        String.valueOf(
            assertThrows(IllegalArgumentException.class, () -> OnnxBudget.parse(text))
                .getMessage());
    assertTrue(message.contains(problem), message);
  }
}
