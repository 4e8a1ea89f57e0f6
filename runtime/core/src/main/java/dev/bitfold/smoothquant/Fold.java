package dev.bitfold.smoothquant;

import dev.bitfold.descriptor.Layout;
import dev.bitfold.internal.state.ModelShape;
import dev.bitfold.internal.state.TensorSite;
import dev.bitfold.layer.LayerTensor;
import dev.bitfold.layer.TensorRole;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Describes a layer and all consumers of its output, as {@code @SmoothInto} lists them. The
 * consumers share one smoothing scale, and its inverse is folded into the source's tensors.
 * Immutable.
 *
 * @param source the layer to fold into
 * @param consumers the layers that read the source's output
 * @param into the source's weights and biases, each with an axis of the source's output channels
 * @param weights the consumers' weights that have an axis of input channels
 */
record Fold(
    ModelShape.Layer source,
    List<ModelShape.Layer> consumers,
    Map<TensorSite, INDArray> into,
    Map<TensorSite, INDArray> weights) {

  /**
   * Returns the fold of a source.
   *
   * @throws IllegalArgumentException if the source has no tensor to fold into, if one of its
   *     tensors has no axis of output channels, if a consumer has no weight with an axis of input
   *     channels, or if the numbers of channels differ; the message names the tensors
   */
  static Fold of(ModelShape.Layer source, List<ModelShape.Layer> consumers) {
    Map<TensorSite, INDArray> into = new LinkedHashMap<>();
    long channels = -1;
    for (Map.Entry<TensorSite, INDArray> tensor : tensors(source).entrySet()) {
      TensorSite site = tensor.getKey();
      INDArray held = tensor.getValue();
      Layout layout = site.tensor().layout();
      if (!layout.has('O') && !layout.has('C')) {
        throw new IllegalArgumentException(
            cannot(source) + site.describe(held, null) + " has no axis of output channels, O or C");
      }
      long own = held.size(layout.axis(outputChannel(layout), held.rank()));
      if (channels >= 0 && own != channels) {
        throw new IllegalArgumentException(
            cannot(source)
                + site.describe(held, null)
                + " has "
                + own
                + " output channels, and another of its tensors has "
                + channels);
      }
      channels = own;
      into.put(site, held);
    }
    if (into.isEmpty()) {
      throw new IllegalArgumentException(cannot(source) + "it holds neither weight nor bias");
    }
    Map<TensorSite, INDArray> weights = new LinkedHashMap<>();
    for (ModelShape.Layer consumer : consumers) {
      Map<TensorSite, INDArray> own = new LinkedHashMap<>();
      tensors(consumer)
          .forEach(
              (site, held) -> {
                if (readsInput(site)) {
                  own.put(site, held);
                }
              });
      if (own.isEmpty()) {
        throw new IllegalArgumentException(
            cannot(source)
                + "no weight of its consumer "
                + consumer.path()
                + " has a layout with the letter I");
      }
      for (Map.Entry<TensorSite, INDArray> weight : own.entrySet()) {
        checkChannels(source, channels, weight.getKey(), weight.getValue());
      }
      weights.putAll(own);
    }
    return new Fold(source, List.copyOf(consumers), into, weights);
  }

  private static void checkChannels(
      ModelShape.Layer source, long channels, TensorSite weight, INDArray held) {
    Layout layout = weight.tensor().layout();
    long own = held.size(layout.axis('I', held.rank()));
    boolean grouped = layout.has('O') && own > 0 && channels % own == 0;
    if (own != channels && !grouped) {
      throw new IllegalArgumentException(
          cannot(source)
              + "it has "
              + channels
              + " output channels, and "
              + weight.describe(held, null)
              + " of its consumer has "
              + own
              + " input channels");
    }
  }

  private static String cannot(ModelShape.Layer source) {
    return "@SmoothInto: nothing can be folded into "
        + source.path()
        + " ("
        + source.type().type().getSimpleName()
        + "): ";
  }

  private static boolean readsInput(TensorSite site) {
    return site.tensor().role() == TensorRole.WEIGHT && site.tensor().layout().has('I');
  }

  private static char outputChannel(Layout layout) {
    return layout.has('O') ? 'O' : 'C';
  }

  private static Map<TensorSite, INDArray> tensors(ModelShape.Layer layer) {
    Map<TensorSite, INDArray> tensors = new LinkedHashMap<>();
    for (LayerTensor tensor : layer.type().tensors().values()) {
      INDArray held = layer.tensors().get(tensor.name());
      if (held != null) {
        tensors.put(layer.site(tensor), held);
      }
    }
    return tensors;
  }

  /** Returns the paths of the consumers. */
  List<String> consumerPaths() {
    return consumers.stream().map(ModelShape.Layer::path).toList();
  }

  /** Returns the number of the source's output channels. */
  long channels() {
    Map.Entry<TensorSite, INDArray> tensor = into.entrySet().iterator().next();
    Layout layout = tensor.getKey().tensor().layout();
    INDArray held = tensor.getValue();
    return held.size(layout.axis(outputChannel(layout), held.rank()));
  }

  /** Returns the fold of the same source with the consumers of another fold in addition. */
  Fold and(Fold other) {
    List<ModelShape.Layer> all = new ArrayList<>(consumers);
    other.consumers.stream().filter(consumer -> !all.contains(consumer)).forEach(all::add);
    return of(source, all);
  }
}
