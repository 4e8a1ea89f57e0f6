package dev.bitfold.cuda.layers;

import dev.bitfold.cuda.driver.CudaDevice;
import dev.bitfold.cuda.driver.DevicePointer;
import dev.bitfold.cuda.tensor.DeviceTensor;
import dev.bitfold.internal.state.BuiltLayer;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/** A layer's weight and bias on the card, as its {@code forward} computes with them. */
record WeightAndBias(DeviceTensor weight, @Nullable DeviceTensor bias) {
  /** What is done with them on the device; a bias that is left out is nowhere. */
  interface Use {
    void with(DevicePointer weight, DevicePointer bias);
  }

  /**
   * Sends them.
   *
   * @param built what a quantized model made of the layer
   * @param weight that the layer holds
   * @param bias that the layer holds, if it has one
   */
  static WeightAndBias of(
      CudaDevice device, Optional<BuiltLayer> built, INDArray weight, @Nullable INDArray bias) {
    INDArray held = built.isPresent() ? built.get().tensor("weight", weight) : weight;
    INDArray added = built.isPresent() ? built.get().tensor("bias", bias) : bias;
    DeviceTensor sent = DeviceTensor.copyOf(device, Objects.requireNonNull(held));
    try {
      return new WeightAndBias(sent, added == null ? null : DeviceTensor.copyOf(device, added));
    } catch (RuntimeException | Error e) {
      sent.close();
      throw e;
    }
  }

  List<DeviceTensor> tensors() {
    return bias == null ? List.of(weight) : List.of(weight, bias);
  }

  void use(Use use) {
    weight.use(w -> DeviceLayer.use(bias, b -> use.with(w, b)));
  }
}
