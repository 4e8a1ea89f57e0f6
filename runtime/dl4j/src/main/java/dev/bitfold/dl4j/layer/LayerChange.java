package dev.bitfold.dl4j.layer;

import java.util.Map;
import org.deeplearning4j.nn.conf.InputPreProcessor;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/** What a rebuilt network does in place of one of its layers. */
public interface LayerChange {
  /**
   * Returns the preprocessor of the layer's input; null for none.
   *
   * @param present the preprocessor of the network that is rebuilt; null if it has none
   */
  @Nullable InputPreProcessor before(@Nullable InputPreProcessor present);

  /** Changes the layer's configuration, which no other network shares. */
  void configure(NeuralNetConfiguration configuration);

  /**
   * Changes the parameters of the rebuilt network, which are copies of those of the other.
   *
   * @param params by Deeplearning4j's keys
   */
  void write(Map<String, INDArray> params);
}
