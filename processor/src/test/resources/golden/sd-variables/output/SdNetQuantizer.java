package com.acme;

import dev.bitfold.Plan;
import dev.bitfold.Quantized;
import dev.bitfold.layer.Component;
import dev.bitfold.layer.Walk;
import java.io.IOException;
import java.nio.file.Path;
import javax.annotation.processing.Generated;

/** Quantizes {@link SdNet}. */
@Generated("dev.bitfold.processor.BitfoldProcessor")
public final class SdNetQuantizer {
  private SdNetQuantizer() {}

  /**
   * How a model will be quantized; nothing is measured yet.
   *
   * @param model the float model, which is never changed
   */
  public static Plan<SdNet> of(SdNet model) {
    return Plan.of(model, component());
  }

  /**
   * The quantized model of a file that {@link Quantized#save} wrote.
   *
   * @param model the float model, as it was when the file was saved
   * @throws IOException if the file is not of this model, or cannot be read
   */
  public static Quantized<SdNet> load(SdNet model, Path file) throws IOException {
    return Quantized.load(model, component(), file);
  }

  /** How a model is rebuilt; for generated code of models that contain this one. */
  public static Component<SdNet> component() {
    return Component.model(SdNet.class, SdNetQuantizer::rebuild);
  }

  private static SdNet rebuild(SdNet model, Walk walk) {
    return new SdNet(
        walk.visit("a", model.a(), Component.layer(QuantizedSdLinear.type())),
        walk.visit("gate", model.gate(), Component.<SdLayer>byClass()
            .layer(QuantizedSdGate.type())),
        walk.visit("b", model.b(), Component.layer(QuantizedSdLinear.type())));
  }
}
