package com.acme.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.Plan;
import dev.bitfold.Quantized;
import dev.bitfold.onnx.export.OnnxQdq;
import dev.bitfold.onnx.model.OnnxModel;
import dev.bitfold.onnx.proof.ProofResult;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** The generated class of this build, run: opened, calibrated, exported and proved. */
class EncoderTest {
  @Test
  void quantizes(@TempDir Path folder) throws IOException {
    List<Map<String, INDArray>> batches =
        IntStream.range(0, 8)
            .mapToObj(seed -> EncoderQuantizer.feed().inputIds(ids(seed)).batch())
            .toList();
    Path out = folder.resolve("encoder-int8.onnx");
    try (OnnxModel model = EncoderQuantizer.open()) {
      Plan<OnnxModel> plan = EncoderQuantizer.plan(model);
      assertEquals(8, plan.descriptors().size(), "weight and input of four products, no table");
      Quantized<OnnxModel> quantized =
          plan.calibrate(batches, OnnxModel::forward).smoothQuant().freeze();
      OnnxQdq.Exported exported = EncoderQuantizer.export(quantized, out);
      assertInstanceOf(ProofResult.Proved.class, exported.proof());
      assertTrue(Files.size(out) > 0);
    }
  }

  private static INDArray ids(int seed) {
    return Nd4j.createFromArray(new Random(seed).longs(12, 0, 20).toArray()).reshape(2, 6);
  }
}
