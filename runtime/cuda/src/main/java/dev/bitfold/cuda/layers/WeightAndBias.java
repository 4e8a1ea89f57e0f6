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

/** Holds a layer's weight and bias on the device, with the values that its {@code forward} uses. */
record WeightAndBias(DeviceTensor weight, @Nullable DeviceTensor bias) {
  /** Uses weight and bias on the device; the pointer of a missing bias is null. */
  interface Use {
    void with(DevicePointer weight, DevicePointer bias);
  }

  /**
   * Sends weight and bias to the device.
   *
   * @param built the layer in its quantized model; empty for a float layer
   * @param weight the weight that the layer holds
   * @param bias the bias that the layer holds, or null
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
