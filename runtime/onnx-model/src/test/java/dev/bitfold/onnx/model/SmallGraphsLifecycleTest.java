package dev.bitfold.onnx.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.Calibration;
import dev.bitfold.Quantized;
import dev.bitfold.onnx.export.OnnxQdq;
import dev.bitfold.onnx.file.OnnxException;
import dev.bitfold.onnx.model.data.FeedInput;
import dev.bitfold.onnx.proof.ProofResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Thirty small models go the whole way and are proved, or say why no node of them is a layer. */
@Tag("any-jdk")
class SmallGraphsLifecycleTest {
  /** What is said of models without a layer, in part. */
  private static final Map<String, String> REASONS =
      Map.ofEntries(
          Map.entry("gemm-transA", "fc (Gemm): it transposes its input"),
          Map.entry("fp16-all", "fc (MatMul): its weight is of type FLOAT16"),
          Map.entry("fp16-inside", "fc (MatMul): its weight is of type FLOAT16"),
          Map.entry("dq-w", "is quantized already: node w2 is DequantizeLinear"),
          Map.entry("w-left", "fc (MatMul): its weight is on the left"),
          Map.entry("w-rank3", "fc (MatMul): its weight has the shape [1, 16, 8]"),
          Map.entry("einsum", "e (Einsum): it is not a product with one weight"),
          Map.entry("lstm", "l (LSTM): a recurrent operator"),
          Map.entry("vector-w", "fc (MatMul): its weight has the shape [16]"));

  static Stream<String> names() {
    return SmallGraphs.all().keySet().stream();
  }

  @ParameterizedTest
  @MethodSource("names")
  void isQuantizedAndProvedOrSaysWhyNot(String name, @TempDir Path folder) throws Exception {
    Path file = SmallGraphs.write(name, SmallGraphs.of(name), folder);
    String reason = REASONS.get(name);
    if (reason != null) {
      String message =
          String.valueOf(
              assertThrows(
                      OnnxException.class,
                      () -> {
                        try (OnnxModel model = OnnxModel.open(file)) {
                          model.plan();
                        }
                      })
                  .getMessage());
      assertTrue(message.contains(reason), message);
      return;
    }
    try (OnnxModel model = OnnxModel.open(file)) {
      assertFalse(model.layers().isEmpty());
      List<Map<String, INDArray>> feeds = feeds(model);
      Calibration<OnnxModel> calibration =
          model
              .plan()
              .calibrate(feeds, OnnxModel::forward)
              .smoothQuant()
              .weightAmax(OnnxQdq.nonSaturating());
      Quantized<OnnxModel> int8 = calibration.freeze();
      Path out = folder.resolve("int8.onnx");
      OnnxQdq.Exported exported = OnnxModel.export(int8, out);
      assertInstanceOf(ProofResult.Proved.class, exported.proof());
      assertEquals(exported.bytes(), Files.size(out));
      double worst = int8.compare(model, feeds, OnnxModel::forward).relativeError();
      assertTrue(worst < 0.1, name + " loses " + worst);
    }
  }

  private static List<Map<String, INDArray>> feeds(OnnxModel model) {
    Random random = new Random(5);
    List<Map<String, INDArray>> feeds = new ArrayList<>();
    for (int batch = 2; batch < 6; batch++) {
      Map<String, INDArray> feed = new HashMap<>();
      for (FeedInput input : model.inputs()) {
        feed.put(input.name(), values(input, batch, random));
      }
      feeds.add(feed);
    }
    return feeds;
  }

  private static INDArray values(FeedInput input, int batch, Random random) {
    if (input.name().equals("c")) {
      return Nd4j.scalar(random.nextBoolean());
    }
    long[] shape = input.shape().stream().mapToLong(size -> size < 0 ? batch : size).toArray();
    INDArray values = Nd4j.create(shape);
    for (long i = 0; i < values.length(); i++) {
      values.putScalar(i, random.nextGaussian());
    }
    return values;
  }
}
