package com.acme;

import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.layer.ArrayHooks;
import dev.bitfold.layer.GeneratedLayer;
import dev.bitfold.layer.HookedLayer;
import dev.bitfold.layer.LayerType;
import java.io.IOException;
import javax.annotation.processing.Generated;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * {@link CrossAttention} in a quantized model.
 *
 * <ul>
 *   <li>{@code weight}, layout OI: int8 per axis 0
 *   <li>{@code projection}, layout OI: E4M3 per tensor "projection"
 *   <li>{@code query}, layout NC: int8 per tensor
 *   <li>{@code memory}, layout NC: int4 per N, dynamic
 * </ul>
 */
@Generated("dev.bitfold.processor.BitfoldProcessor")
@GeneratedLayer(version = GeneratedLayer.CURRENT)
final class QuantizedCrossAttention extends CrossAttention implements HookedLayer {
  private static final LayerType<CrossAttention, QuantizedCrossAttention> TYPE =
      LayerType.builder(CrossAttention.class, QuantizedCrossAttention::rebuild)
          .weight("weight", "OI", QuantDescriptor.builder().bits(8).axis(0).build())
          .weight("projection", "OI", QuantDescriptor.builder().bits(4, 3).amax(0.1).name("projection").build())
          .input("query", "NC", QuantDescriptor.builder().bits(8).build())
          .input("memory", "NC", QuantDescriptor.builder().bits(4).per("N").dynamic(true).build())
          .unpackingWeights()
          .build();

  private final ArrayHooks hooks;

  private QuantizedCrossAttention(CrossAttention layer, ArrayHooks hooks) throws IOException {
    super(hooks.tensor("weight", layer.getWeight()), hooks.tensor("projection", layer.getProjection()));
    hooks.check("weight", super.getWeight());
    hooks.check("projection", super.getProjection());
    this.hooks = hooks;
  }

  /** The layer as annotated; for generated code of models. */
  public static LayerType<CrossAttention, QuantizedCrossAttention> type() {
    return TYPE;
  }

  private static QuantizedCrossAttention rebuild(CrossAttention layer, ArrayHooks hooks) {
    try {
      return new QuantizedCrossAttention(layer, hooks);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException("cannot rebuild CrossAttention", e);
    }
  }

  @Override
  protected <T> INDArray forward(INDArray query, INDArray memory, INDArray mask, T hooks,
      double... temperatures) throws IOException {
    ArrayHooks unpacked = this.hooks.unpacked();
    if (unpacked != null) {
      return rebuild(this, unpacked).forward(query, memory, mask, hooks, temperatures);
    }
    return this.hooks.output(super.forward(this.hooks.input("query", query), this.hooks.input("memory", memory), mask, hooks, temperatures));
  }

  @Override
  public ArrayHooks bitfoldHooks() {
    return hooks;
  }
}
