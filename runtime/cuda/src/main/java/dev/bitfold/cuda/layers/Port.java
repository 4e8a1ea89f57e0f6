package dev.bitfold.cuda.layers;

import dev.bitfold.cuda.blas.MatrixProducts.Codes;
import dev.bitfold.cuda.driver.DevicePointer;
import dev.bitfold.cuda.kernel.CardCodes;
import dev.bitfold.cuda.kernel.CardTensor;
import dev.bitfold.cuda.launch.Constants;
import dev.bitfold.cuda.launch.Operations;
import dev.bitfold.internal.state.BuiltLayer;
import dev.bitfold.kernel.Groups;
import dev.bitfold.kernel.PreScale;
import dev.bitfold.quantizer.Quantizer;
import dev.bitfold.tensor.DenseFloats;
import java.util.Optional;

/** What becomes of a layer's input, or its output, in a quantized model. */
sealed interface Port {
  /** Gives what becomes of a tensor to the lane; {@code out} may be {@code x}. */
  void run(Pass pass, DevicePointer x, long[] shape, DevicePointer out);

  /** Nothing. */
  record Plain() implements Port {
    @Override
    public void run(Pass pass, DevicePointer x, long[] shape, DevicePointer out) {
      throw new IllegalStateException("nothing is to be done");
    }
  }

  /** It is quantized, after the pre-quant scale if there is one: one kernel for both. */
  record Quantizing(Quantizer quantizer) implements Port {
    @Override
    public void run(Pass pass, DevicePointer x, long[] shape, DevicePointer out) {
      quantizer.quantize(shape, on(pass, x, out));
    }

    /** The same, as int8 codes. */
    void codes(Pass pass, DevicePointer x, long[] shape, Codes out) {
      int inner = (int) shape[shape.length - 1];
      quantizer.quantize(shape, new CardCodes(on(pass, x, x), inner, out.codes(), out.scales()));
    }

    private CardTensor on(Pass pass, DevicePointer x, DevicePointer out) {
      // What is fixed is the same in every pass, and sent once.
      Constants kept = pass.constants().in(pass.lane());
      Constants scales = quantizer.isFixed() ? kept : pass.lane();
      return new CardTensor(new Operations(pass.lane(), kept, scales), x, out);
    }
  }

  /**
   * It is multiplied by a factor for each channel.
   *
   * @param axis of the channels, from the end: -1 is the last
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared; kernels take plain arrays
  record Scaling(float[] factors, int axis) implements Port {
    @Override
    public void run(Pass pass, DevicePointer x, long[] shape, DevicePointer out) {
      PreScale scale = new PreScale(Groups.perIndex(shape, shape.length + axis), factors);
      Constants kept = pass.constants().in(pass.lane());
      new Operations(pass.lane(), kept, kept).rounder().multiply(x, scale, out);
    }
  }

  /** Of a layer's input. */
  static Port input(Optional<BuiltLayer> built, String name) {
    Optional<Quantizer> quantizer = built.flatMap(layer -> layer.input(name));
    if (quantizer.isPresent()) {
      return new Quantizing(quantizer.get());
    }
    return built
        .flatMap(layer -> layer.inputScale(name))
        .<Port>map(
            scale ->
                new Scaling(DenseFloats.of(scale.factors(), "a pre-scale").copy(), scale.axis()))
        .orElseGet(Plain::new);
  }

  /** Of a layer's output. */
  static Port output(Optional<BuiltLayer> built) {
    return built.flatMap(BuiltLayer::output).<Port>map(Quantizing::new).orElseGet(Plain::new);
  }
}
