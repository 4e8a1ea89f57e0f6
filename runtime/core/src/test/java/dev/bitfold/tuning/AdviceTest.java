package dev.bitfold.tuning;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Map;
import org.junit.jupiter.api.Test;

class AdviceTest {
  /** Per-channel scales may help a model whose layer's own output they do not. */
  @Test
  void errorsFallOrRiseAsTheyDo() {
    Advice advice =
        new Advice(
            "conv2",
            "@Quantize(bits = 4)",
            "why",
            Map.of(),
            0.09733,
            0.09773,
            0.07316,
            0.01317,
            60);
    assertEquals(
        "conv2: @Quantize(bits = 4)"
            + System.lineSeparator()
            + "  why; the error of its output rises from 0.09733 to 0.09773, and its share of the error"
            + " of the model's output falls from 0.07316 to 0.01317; its weights take 60 bytes more",
        advice.toString());
  }
}
