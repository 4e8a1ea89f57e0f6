package com.acme;

import dev.bitfold.Plan;
import dev.bitfold.Quantized;
import dev.bitfold.layer.Component;
import dev.bitfold.layer.Walk;
import java.io.IOException;
import java.nio.file.Path;
import java.util.function.UnaryOperator;
import javax.annotation.processing.Generated;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Quantizes {@link Block}. */
@Generated("dev.bitfold.processor.BitfoldProcessor")
public final class BlockQuantizer {
  private BlockQuantizer() {}

  /**
   * How a model will be quantized; nothing is measured yet.
   *
   * @param model the float model, which is never changed
   */
  public static <A extends UnaryOperator<INDArray>> Plan<Block<A>> of(Block<A> model) {
    return Plan.of(model, component());
  }

  /**
   * The quantized model of a file that {@link Quantized#save} wrote.
   *
   * @param model the float model, as it was when the file was saved
   * @throws IOException if the file is not of this model, or cannot be read
   */
  public static <A extends UnaryOperator<INDArray>> Quantized<Block<A>> load(Block<A> model,
      Path file) throws IOException {
    return Quantized.load(model, component(), file);
  }

  /** How a model is rebuilt; for generated code of models that contain this one. */
  public static <A extends UnaryOperator<INDArray>> Component<Block<A>> component() {
    return Component.<Block<A>>model(Block.class, BlockQuantizer::rebuild);
  }

  private static <A extends UnaryOperator<INDArray>> Block<A> rebuild(Block<A> model, Walk walk) {
    return new Block<A>(
        walk.visit("first", model.first(), Component.layer(QuantizedActivated.type())),
        walk.visit("more", model.more(), Component.list(Component.layer(QuantizedActivated.type()))),
        walk.skip("last", model.last()));
  }
}
