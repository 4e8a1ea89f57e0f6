package dev.bitfold.onnx.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.Calibration;
import dev.bitfold.Quantized;
import dev.bitfold.diagnosis.Diagnosis;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;

/** What measures a model and what runs it at once take a file as they take annotated classes. */
class MeasuringTest {
  private static final Set<String> PRODUCTS =
      Set.of("attention/query/MatMul", "attention/output/MatMul", "fc1/MatMul", "fc2/MatMul");

  @Test
  void everyLayerHasADiagnosisAndASensitivity() throws Exception {
    try (OnnxModel model = OnnxModel.from(LifecycleTest.encoder().bytes()).threads(1).open()) {
      Calibration<OnnxModel> calibration =
          model.plan().calibrate(LifecycleTest.batches(4), OnnxModel::forward).smoothQuant();

      Set<String> diagnosed = new HashSet<>();
      Diagnosis diagnosis = calibration.diagnose();
      diagnosis.layers().forEach(layer -> diagnosed.add(layer.path()));
      assertTrue(diagnosed.containsAll(PRODUCTS), diagnosed.toString());
      assertEquals(calibration.sensitivity().layers().size(), model.layers().size());
      calibration.advise(2);
    }
  }

  @Test
  void aCompressedModelComputesTheSame() throws Exception {
    try (OnnxModel model = OnnxModel.from(LifecycleTest.encoder().bytes()).threads(1).open()) {
      List<Map<String, INDArray>> batches = LifecycleTest.batches(3);
      Quantized<OnnxModel> int8 =
          model.plan().calibrate(batches, OnnxModel::forward).smoothQuant().freeze();
      assertEquals(
          int8.model().forward(batches.get(0)), int8.compress().model().forward(batches.get(0)));
      assertFalse(int8.model().forward(batches.get(0)).equals(model.forward(batches.get(0))));
    }
  }

  @Test
  void threadsThatRunAtOnceGetTheBitsOfOne() throws Exception {
    try (OnnxModel model = OnnxModel.from(LifecycleTest.encoder().bytes()).threads(1).open()) {
      List<Map<String, INDArray>> batches = LifecycleTest.batches(4);
      List<INDArray> alone = batches.stream().map(model::forward).toList();
      ExecutorService pool = Executors.newFixedThreadPool(4);
      try {
        List<Future<INDArray>> together = new ArrayList<>();
        for (int round = 0; round < 8; round++) {
          for (Map<String, INDArray> batch : batches) {
            together.add(pool.submit(() -> model.forward(batch)));
          }
        }
        for (int i = 0; i < together.size(); i++) {
          assertEquals(alone.get(i % batches.size()), together.get(i).get());
        }
      } finally {
        pool.shutdownNow();
      }
    }
  }
}
