package ocr;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;

class AlphabetTest {
  @Test
  void repetitionsCountOnceUnlessABlankIsBetween() {
    Alphabet alphabet = new Alphabet(List.of("a", "b"));
    assertEquals("aab b", alphabet.text(columns(0, 1, 1, 0, 1, 2, 2, 3, 2, 0)));
  }

  private static float[] columns(int... best) {
    float[] columns = new float[4 * best.length];
    for (int t = 0; t < best.length; t++) {
      columns[4 * t + best[t]] = 1;
    }
    return columns;
  }
}
