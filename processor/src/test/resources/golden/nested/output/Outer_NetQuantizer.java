package com.acme;

import dev.bitfold.Plan;
import dev.bitfold.Quantized;
import dev.bitfold.layer.Component;
import dev.bitfold.layer.Walk;
import java.io.IOException;
import java.nio.file.Path;
import javax.annotation.processing.Generated;

/** Quantizes {@link Outer.Net}. */
@Generated("dev.bitfold.processor.BitfoldProcessor")
public final class Outer_NetQuantizer {
  private Outer_NetQuantizer() {}

  /**
   * How a model will be quantized; nothing is measured yet.
   *
   * @param model the float model, which is never changed
   */
  public static Plan<Outer.Net> of(Outer.Net model) {
    return Plan.of(model, component());
  }

  /**
   * The quantized model of a file that {@link Quantized#save} wrote.
   *
   * @param model the float model, as it was when the file was saved
   * @throws IOException if the file is not of this model, or cannot be read
   */
  public static Quantized<Outer.Net> load(Outer.Net model, Path file) throws IOException {
    return Quantized.load(model, component(), file);
  }

  /** How a model is rebuilt; for generated code of models that contain this one. */
  public static Component<Outer.Net> component() {
    return Component.model(Outer.Net.class, Outer_NetQuantizer::rebuild);
  }

  private static Outer.Net rebuild(Outer.Net model, Walk walk) {
    return new Outer.Net(
        walk.visit("inner", model.inner(), Component.layer(QuantizedOuter_Inner.type())));
  }
}
