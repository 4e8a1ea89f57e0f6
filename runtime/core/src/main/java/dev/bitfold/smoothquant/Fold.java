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
 * A layer and all layers that read its output, as {@code @SmoothInto} says: they share one scale,
 * the source's tensors take its inverse over. Immutable.
 *
 * @param source the layer to fold into
 * @param readers the layers that read it
 * @param into the source's weights and biases, all of which have an axis of its output channels
 * @param weights the readers' weights that have an axis of input channels
 */
record Fold(
    ModelShape.Layer source,
    List<ModelShape.Layer> readers,
    Map<TensorSite, INDArray> into,
    Map<TensorSite, INDArray> weights) {

  /**
   * @throws IllegalArgumentException if the source has no tensor to fold into or one without an
   *     axis of output channels, a reader has no weight with an axis of input channels, or the
   *     numbers of channels differ; the message names both
   */
  static Fold of(ModelShape.Layer source, List<ModelShape.Layer> readers) {
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
                + " output channels, another of its tensors "
                + channels);
      }
      channels = own;
      into.put(site, held);
    }
    if (into.isEmpty()) {
      throw new IllegalArgumentException(cannot(source) + "it holds neither weight nor bias");
    }
    Map<TensorSite, INDArray> weights = new LinkedHashMap<>();
    for (ModelShape.Layer reader : readers) {
      Map<TensorSite, INDArray> own = new LinkedHashMap<>();
      tensors(reader)
          .forEach(
              (site, held) -> {
                if (readsInput(site)) {
                  own.put(site, held);
                }
              });
      if (own.isEmpty()) {
        throw new IllegalArgumentException(
            cannot(source)
                + "no weight of "
                + reader.path()
                + ", which reads it, has a layout with the letter I");
      }
      for (Map.Entry<TensorSite, INDArray> weight : own.entrySet()) {
        checkChannels(source, channels, weight.getKey(), weight.getValue());
      }
      weights.putAll(own);
    }
    return new Fold(source, List.copyOf(readers), into, weights);
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
              + ", which reads it, has "
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

  /** The paths of the readers. */
  List<String> readerPaths() {
    return readers.stream().map(ModelShape.Layer::path).toList();
  }

  /** The source's output channels. */
  long channels() {
    Map.Entry<TensorSite, INDArray> tensor = into.entrySet().iterator().next();
    Layout layout = tensor.getKey().tensor().layout();
    INDArray held = tensor.getValue();
    return held.size(layout.axis(outputChannel(layout), held.rank()));
  }

  /** The same source with the readers of another fold as well. */
  Fold and(Fold other) {
    List<ModelShape.Layer> all = new ArrayList<>(readers);
    other.readers.stream().filter(reader -> !all.contains(reader)).forEach(all::add);
    return of(source, all);
  }
}
