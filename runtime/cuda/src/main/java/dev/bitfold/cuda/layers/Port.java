package dev.bitfold.cuda.layers;

import dev.bitfold.cuda.blas.MatrixProducts.Codes;
import dev.bitfold.cuda.driver.DevicePointer;
import dev.bitfold.cuda.kernel.DeviceCodeKernels;
import dev.bitfold.cuda.kernel.DeviceTensorKernels;
import dev.bitfold.cuda.launch.Constants;
import dev.bitfold.cuda.launch.Operations;
import dev.bitfold.internal.state.BuiltLayer;
import dev.bitfold.kernel.Groups;
import dev.bitfold.kernel.PreQuantScale;
import dev.bitfold.quantizer.Quantizer;
import dev.bitfold.tensor.DenseFloats;
import java.util.Optional;

/** Applies what a quantized model does to a layer's input or output. */
sealed interface Port {
  /** Queues the work on a tensor in the lane; {@code out} may be {@code x}. */
  void run(Pass pass, DevicePointer x, long[] shape, DevicePointer out);

  /** Does nothing. */
  record Plain() implements Port {
    @Override
    public void run(Pass pass, DevicePointer x, long[] shape, DevicePointer out) {
      throw new IllegalStateException("a plain port has no work to do");
    }
  }

  /** Quantizes the tensor, after the pre-quant scale if there is one, in one kernel. */
  record Quantizing(Quantizer quantizer) implements Port {
    @Override
    public void run(Pass pass, DevicePointer x, long[] shape, DevicePointer out) {
      quantizer.quantize(shape, on(pass, x, out));
    }

    /** Quantizes the tensor to int8 codes. */
    void codes(Pass pass, DevicePointer x, long[] shape, Codes out) {
      int inner = (int) shape[shape.length - 1];
      quantizer.quantize(
          shape, new DeviceCodeKernels(on(pass, x, x), inner, out.codes(), out.scales()));
    }

    private DeviceTensorKernels on(Pass pass, DevicePointer x, DevicePointer out) {
      // What is fixed is the same in every pass, and sent once.
      Constants kept = pass.constants().in(pass.lane());
      Constants scales = quantizer.isFixed() ? kept : pass.lane();
      return new DeviceTensorKernels(new Operations(pass.lane(), kept, scales), x, out);
    }
  }

  /**
   * Multiplies each channel of the tensor by a pre-quant scale.
   *
   * @param axis the axis of the channels, from the end: -1 is the last
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared; kernels take plain arrays
  record Scaling(float[] factors, int axis) implements Port {
    @Override
    public void run(Pass pass, DevicePointer x, long[] shape, DevicePointer out) {
      PreQuantScale scale = new PreQuantScale(Groups.perIndex(shape, shape.length + axis), factors);
      Constants kept = pass.constants().in(pass.lane());
      new Operations(pass.lane(), kept, kept).rounder().multiply(x, scale, out);
    }
  }

  /** Returns the port of a layer's input. */
  static Port input(Optional<BuiltLayer> built, String name) {
    Optional<Quantizer> quantizer = built.flatMap(layer -> layer.input(name));
    if (quantizer.isPresent()) {
      return new Quantizing(quantizer.get());
    }
    return built
        .flatMap(layer -> layer.inputScale(name))
        .<Port>map(
            scale ->
                new Scaling(
                    DenseFloats.of(scale.factors(), "a pre-quant scale").copy(), scale.axis()))
        .orElseGet(Plain::new);
  }

  /** Returns the port of a layer's output. */
  static Port output(Optional<BuiltLayer> built) {
    return built.flatMap(BuiltLayer::output).<Port>map(Quantizing::new).orElseGet(Plain::new);
  }
}
