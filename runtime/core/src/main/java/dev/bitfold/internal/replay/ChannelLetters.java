package dev.bitfold.internal.replay;

import dev.bitfold.internal.state.ModelShape;
import dev.bitfold.internal.state.SizedTensor;
import dev.bitfold.internal.state.State;
import dev.bitfold.internal.state.Tap;
import dev.bitfold.internal.state.TensorSite;
import dev.bitfold.layer.LayerTensor;
import dev.bitfold.layer.TensorRole;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Checks the letters of weights against those of the inputs that they are multiplied with: the axis
 * I of a weight has the size of the axis C of an input. Sizes that contradict this rule show that
 * letters were confused, which would put scales along a wrong axis. Every quantized layer is
 * checked once, in its first call. Safe for concurrent use.
 */
final class ChannelLetters implements Tap {
  private final ModelShape shape;
  private final Set<String> layers;
  private final Map<String, Map<String, SizedTensor>> inputs = new ConcurrentHashMap<>();
  private final Set<String> done = ConcurrentHashMap.newKeySet();

  /** Names a weight of a class. Its letters are the same in all layers of the class. */
  private record Declared(Class<?> type, String tensor) {}

  private final Set<Declared> told = ConcurrentHashMap.newKeySet();
  private final Map<Declared, String> untold = new ConcurrentHashMap<>();

  ChannelLetters(ModelShape shape, State state) {
    this.shape = shape;
    this.layers =
        state.descriptors().keySet().stream()
            .map(path -> shape.site(path).layer())
            .collect(Collectors.toUnmodifiableSet());
  }

  @Override
  public INDArray input(TensorSite site, INDArray x) {
    if (layers.contains(site.layer()) && !done.contains(site.layer())) {
      inputs
          .computeIfAbsent(site.layer(), layer -> new ConcurrentHashMap<>())
          .put(site.tensor().name(), SizedTensor.of(site, x));
    }
    return x;
  }

  @Override
  public INDArray output(TensorSite site, INDArray y) {
    Map<String, SizedTensor> seen = inputs.get(site.layer());
    if (seen != null && done.add(site.layer())) {
      check(shape.layer(site), seen.values().stream().filter(x -> x.has('C')).toList());
    }
    return y;
  }

  /**
   * Checks one layer.
   *
   * @param inputs the inputs whose layouts name the channels
   * @throws IllegalArgumentException if letters contradict each other; the message names them
   */
  private void check(ModelShape.Layer layer, List<SizedTensor> inputs) {
    List<SizedTensor> weights = SizedTensor.weights(layer);
    // One of several weights may read the output of another one. One of several inputs may be an
    // input without names.
    boolean sure =
        weights.size() == 1
            && layer.type().tensors().values().stream().allMatch(ChannelLetters::isNamed);
    for (SizedTensor weight : weights) {
      if (inputs.isEmpty()) {
        continue;
      }
      if (reads(weight, inputs)) {
        note(weight, inputs);
        continue;
      }
      Optional<SizedTensor> other =
          inputs.stream().filter(x -> x.size('C') == weight.size('O')).findFirst();
      boolean swapped = other.isPresent() && !readsAnother(weight, weights);
      if (swapped || sure) {
        throw contradiction(weight, other.orElse(inputs.get(0)), swapped);
      }
    }
  }

  /** Records whether the sizes would allow the swapped letters as well. */
  private void note(SizedTensor weight, List<SizedTensor> inputs) {
    if (!weight.has('O')) {
      return;
    }
    Declared declared = new Declared(weight.site().type(), weight.site().tensor().name());
    if (reads(weight.swapped(), inputs)) {
      untold.putIfAbsent(declared, weight.site().path());
    } else {
      told.add(declared);
    }
  }

  /**
   * Returns the weights whose sizes do not tell, in any layer of the class, whether their letters
   * are swapped: one path for each class.
   */
  Set<String> untold() {
    Set<String> paths = new TreeSet<>();
    untold.forEach(
        (declared, path) -> {
          if (!told.contains(declared)) {
            paths.add(path);
          }
        });
    return paths;
  }

  /** Returns whether the tensor is something other than an input whose layout names no channel. */
  private static boolean isNamed(LayerTensor tensor) {
    return tensor.role() != TensorRole.INPUT || tensor.layout().has('C');
  }

  /** Returns whether a weight's axis I fits one input, or all inputs side by side. */
  private static boolean reads(SizedTensor weight, List<SizedTensor> inputs) {
    return inputs.stream().anyMatch(weight::reads)
        || inputs.stream().mapToLong(x -> x.size('C')).sum() == weight.size('I');
  }

  /** Returns whether a weight may be multiplied with the output of another weight of its layer. */
  private static boolean readsAnother(SizedTensor weight, List<SizedTensor> weights) {
    long in = weight.size('I');
    return weights.stream()
        .filter(other -> !other.equals(weight) && other.has('O'))
        .mapToLong(other -> other.size('O'))
        .anyMatch(out -> out % in == 0 || in % out == 0);
  }

  private static IllegalArgumentException contradiction(
      SizedTensor weight, SizedTensor input, boolean swapped) {
    String remedy =
        swapped
            ? "its O would fit: if the two letters are swapped, write layout = \""
                + weight.swapped().layout()
                + "\""
            : "let each layout name the axes as they lie; if forward multiplies the weight with"
                + " something else, leave out the layout of the input";
    return new IllegalArgumentException(
        weight.site().describe(null, null)
            + ": letters contradict each other: "
            + weight.text()
            + " has I = "
            + weight.size('I')
            + ", and "
            + input.text()
            + " has C = "
            + input.size('C')
            + "; "
            + remedy);
  }
}
