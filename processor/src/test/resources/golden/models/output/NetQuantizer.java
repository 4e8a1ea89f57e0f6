package com.acme;

import dev.bitfold.Plan;
import dev.bitfold.Quantized;
import dev.bitfold.layer.Component;
import dev.bitfold.layer.Walk;
import java.io.IOException;
import java.nio.file.Path;
import javax.annotation.processing.Generated;

/** Quantizes {@link Net}. */
@Generated("dev.bitfold.processor.BitfoldProcessor")
public final class NetQuantizer {
  private NetQuantizer() {}

  /**
   * How a model will be quantized; nothing is measured yet.
   *
   * @param model the float model, which is never changed
   */
  public static Plan<Net> of(Net model) {
    return Plan.of(model, component());
  }

  /**
   * The quantized model of a file that {@link Quantized#save} wrote.
   *
   * @param model the float model, as it was when the file was saved
   * @throws IOException if the file is not of this model, or cannot be read
   */
  public static Quantized<Net> load(Net model, Path file) throws IOException {
    return Quantized.load(model, component(), file);
  }

  /** How a model is rebuilt; for generated code of models that contain this one. */
  public static Component<Net> component() {
    return Component.model(Net.class, NetQuantizer::rebuild);
  }

  private static Net rebuild(Net model, Walk walk) {
    return new Net(
        walk.visit("norm", model.norm(), Component.layer(QuantizedLayerNorm.type())),
        walk.visit("blocks", model.blocks(), Component.list(AttentionQuantizer.component())),
        walk.visit("heads", model.heads(), Component.map(Component.<Layer>byClass()
            .layer(QuantizedRecordLinear.type()))),
        walk.visit("chain", model.chain(), Component.array(Component.layer(QuantizedLinear.type()))),
        walk.visit("extra", model.extra(), Component.optional(Component.list(Component.list(Component.layer(QuantizedLinear.type()))))),
        walk.skip("skipped", model.skipped()),
        model.temperature());
  }
}
