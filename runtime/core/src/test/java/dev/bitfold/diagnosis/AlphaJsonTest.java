package dev.bitfold.diagnosis;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.descriptor.Alpha;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.layer.TensorRole;
import dev.bitfold.smoothquant.AlphaCurve;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;
import org.nd4j.shade.jackson.databind.JsonNode;
import org.nd4j.shade.jackson.databind.ObjectMapper;

/** Alphas in the JSON of summaries and diagnoses: one form, and earlier ones are read. */
class AlphaJsonTest {
  private static final Summary SUMMARY =
      new Summary(
          List.of(
              row(Optional.of(Alpha.of(0.35))),
              row(Optional.of(Alpha.off())),
              row(Optional.empty())),
          List.of(),
          3,
          1,
          4,
          4,
          Optional.of(
              new Comparison(
                  7, 0.0123, 0.99, new Comparison.Worst(2, 1, Double.POSITIVE_INFINITY))),
          Optional.empty());

  private static Summary.Row row(Optional<Alpha> alpha) {
    return new Summary.Row(
        "fc.x",
        "Linear",
        TensorRole.INPUT,
        QuantDescriptor.bits(8),
        Optional.empty(),
        OptionalDouble.empty(),
        alpha
            .<Summary.Smoothing>map(
                chosen -> new Summary.Smoothing.Chosen(chosen, Optional.of("norm")))
            .orElseGet(Summary.Smoothing.NotRun::new),
        Optional.empty());
  }

  private static Diagnosis.Layer layer(Optional<Alpha> alpha) {
    return new Diagnosis.Layer(
        "fc",
        "Linear",
        OptionalDouble.empty(),
        List.of(),
        OptionalDouble.empty(),
        OptionalDouble.empty(),
        alpha,
        alpha.map(chosen -> new AlphaCurve(List.of(chosen), List.of(0.1))),
        1,
        4);
  }

  @Test
  void aNumberIsANumberAndOffIsNullInBoth() throws Exception {
    Diagnosis diagnosis =
        new Diagnosis(
            SUMMARY.rows().stream().map(row -> layer(row.smoothing().alpha())).toList(), SUMMARY);
    JsonNode rows = new ObjectMapper().readTree(SUMMARY.toJson()).at("/rows");
    JsonNode layers = new ObjectMapper().readTree(diagnosis.toJson()).at("/layers");

    for (JsonNode nodes : List.of(rows, layers)) {
      assertTrue(nodes.at("/0/alpha").isNumber(), nodes.toString());
      assertEquals(0.35, nodes.at("/0/alpha").asDouble());
      assertTrue(nodes.at("/1/alpha").isNull(), nodes.toString());
      assertTrue(nodes.at("/2/alpha").isMissingNode(), nodes.toString());
    }
    assertEquals(0.35, layers.at("/0/curve/0/alpha").asDouble());
    assertTrue(layers.at("/1/curve/0/alpha").isNull(), layers.toString());
  }

  @Test
  void aSummaryIsWhatItsJsonSays() {
    assertEquals(SUMMARY, Summary.ofJson(SUMMARY.toJson()));
  }

  @Test
  void theTextsOfEarlierStateFilesAreRead() {
    String before =
        SUMMARY
            .toJson()
            .replace("\"alpha\":0.35", "\"alpha\":\"0.35\"")
            .replace("\"alpha\":null", "\"alpha\":\"NaN\"");

    assertEquals(2, before.split("\"alpha\":\"", -1).length - 1, before);
    assertEquals(SUMMARY, Summary.ofJson(before));
  }

  @Test
  void anAlphaThatIsNoneIsRefusedByName() {
    for (String damaged : List.of("\"much\"", "1.5", "[0.5]", "{}", "true", "\"Infinity\"")) {
      String json = SUMMARY.toJson().replace("\"alpha\":0.35", "\"alpha\":" + damaged);
      IllegalArgumentException e =
          assertThrows(IllegalArgumentException.class, () -> Summary.ofJson(json), damaged);
      String message = String.valueOf(e.getMessage());
      assertTrue(message.startsWith("alpha "), message);
    }
  }
}
