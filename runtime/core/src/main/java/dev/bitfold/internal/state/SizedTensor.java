package dev.bitfold.internal.state;

import dev.bitfold.descriptor.Layout;
import dev.bitfold.layer.LayerTensor;
import dev.bitfold.layer.TensorRole;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Describes a tensor's place and its sizes by the letters of its layout. Immutable.
 *
 * @param sizes one size for each axis
 */
public record SizedTensor(TensorSite site, List<Long> sizes) {
  /** The letters of axes whose elements are positions, not channels. */
  private static final String PLACES = "TDHW";

  /** Copies the list. */
  public SizedTensor {
    sizes = List.copyOf(sizes);
  }

  /** Returns the place and the sizes of a tensor. */
  public static SizedTensor of(TensorSite site, INDArray x) {
    return new SizedTensor(site, Arrays.stream(x.shape()).boxed().toList());
  }

  /** Returns the weights of a layer that have input channels. */
  static List<SizedTensor> weights(
      String layer, Class<?> type, Iterable<LayerTensor> declared, Map<String, INDArray> held) {
    List<SizedTensor> weights = new ArrayList<>();
    for (LayerTensor tensor : declared) {
      INDArray weight = held.get(tensor.name());
      if (weight != null && tensor.role() == TensorRole.WEIGHT && tensor.layout().has('I')) {
        weights.add(of(new TensorSite(layer, type, tensor), weight));
      }
    }
    return weights;
  }

  /** Returns the weights of a layer that have input channels. */
  public static List<SizedTensor> weights(ModelShape.Layer layer) {
    return weights(
        layer.path(), layer.type().type(), layer.type().tensors().values(), layer.tensors());
  }

  /** Returns the tensor's layout. */
  public Layout layout() {
    return site.tensor().layout();
  }

  /** Returns whether an axis has this letter. */
  public boolean has(char letter) {
    return layout().has(letter) && layout().fits(sizes.size());
  }

  /** Returns the size of a letter's axis; -1 if there is none. */
  public long size(char letter) {
    return has(letter) ? sizes.get(layout().axis(letter, sizes.size())) : -1;
  }

  /** Returns the same tensor with the letters I and O swapped. */
  public SizedTensor swapped() {
    LayerTensor tensor = site.tensor();
    String letters = layout().letters().replace('O', '?').replace('I', 'O').replace('?', 'I');
    LayerTensor other = tensor.with(new Layout(letters));
    return new SizedTensor(new TensorSite(site.layer(), site.type(), other), sizes);
  }

  /** Returns whether the sizes allow that this weight is multiplied with an input's channels. */
  public boolean reads(SizedTensor input) {
    long in = size('I');
    long channels = input.size('C');
    if (in == channels) {
      return true;
    }
    if (PLACES.chars().anyMatch(letter -> has((char) letter))) {
      // In a grouped convolution, each kernel reads a part of the channels.
      return channels % in == 0 && size('O') % (channels / in) == 0;
    }
    long places =
        PLACES
            .chars()
            .filter(letter -> input.has((char) letter))
            .mapToLong(letter -> input.size((char) letter))
            .reduce(1, Math::multiplyExact);
    // The input is flattened, or unfolded into patches.
    return in == channels * places || (places > 1 && in % channels == 0 && size('O') != channels);
  }

  /** Returns name, sizes and layout in the form that messages use. */
  public String text() {
    return site.tensor().name() + " " + sizes + " with layout " + layout();
  }
}
