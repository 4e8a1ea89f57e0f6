package com.acme;

import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.layer.ArrayHooks;
import dev.bitfold.layer.GeneratedLayer;
import dev.bitfold.layer.HookedLayer;
import dev.bitfold.layer.LayerType;
import javax.annotation.processing.Generated;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Stands in for {@link RecordLinear}, which is final, in a quantized model.
 *
 * <p>Recipe {@link W4A8}.
 *
 * <ul>
 *   <li>{@code weight}, layout OI: int4 per O
 *   <li>{@code x}, layout NC: int8 per tensor
 * </ul>
 */
@Generated("dev.bitfold.processor.BitfoldProcessor")
@GeneratedLayer(version = GeneratedLayer.CURRENT)
public final class QuantizedRecordLinear implements Layer, HookedLayer {
  private static final LayerType<RecordLinear, QuantizedRecordLinear> TYPE =
      LayerType.builder(RecordLinear.class, QuantizedRecordLinear::new)
          .weight("weight", "OI", QuantDescriptor.builder().bits(4).per("O").build())
          .input("x", "NC", QuantDescriptor.builder().bits(8).build())
          .unpackingWeights()
          .build();

  private final RecordLinear layer;

  private final ArrayHooks hooks;

  private QuantizedRecordLinear(RecordLinear layer, ArrayHooks hooks) {
    this.layer = new RecordLinear(hooks.tensor("weight", layer.weight()), layer.name());
    hooks.check("weight", this.layer.weight());
    this.hooks = hooks;
  }

  /** The layer as annotated; for generated code of models. */
  public static LayerType<RecordLinear, QuantizedRecordLinear> type() {
    return TYPE;
  }

  @Override
  public INDArray forward(INDArray x) {
    ArrayHooks unpacked = hooks.unpacked();
    if (unpacked != null) {
      return new QuantizedRecordLinear(layer, unpacked).forward(x);
    }
    return hooks.output(layer.forward(hooks.input("x", x)));
  }

  @Override
  public String name() {
    return layer.name();
  }

  @Override
  public ArrayHooks bitfoldHooks() {
    return hooks;
  }
}
