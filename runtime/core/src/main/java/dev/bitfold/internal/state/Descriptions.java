package dev.bitfold.internal.state;

import dev.bitfold.annotations.Role;
import dev.bitfold.descriptor.Alpha;
import dev.bitfold.descriptor.DescriptorProblem;
import dev.bitfold.descriptor.InvalidDescriptorException;
import dev.bitfold.descriptor.Layout;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.descriptor.Recipe;
import dev.bitfold.layer.LayerTensor;
import dev.bitfold.layer.TensorRole;
import dev.bitfold.quantizer.Quantizer;
import java.util.Collections;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/**
 * Describes how each tensor of a model is quantized, and which layers are smoothed. Immutable.
 * Every descriptor fits its tensor.
 *
 * @param descriptors the descriptor of each quantized tensor, by path
 * @param smooth the migration strength of each layer to smooth, by path
 */
public record Descriptions(Map<String, QuantDescriptor> descriptors, Map<String, Alpha> smooth) {
  /** Makes the maps unmodifiable. */
  public Descriptions {
    descriptors = Collections.unmodifiableMap(descriptors);
    smooth = Collections.unmodifiableMap(smooth);
  }

  /**
   * Returns the descriptions that the annotations give.
   *
   * @throws InvalidDescriptorException if a descriptor does not fit its tensor
   * @throws IllegalArgumentException if a weight to quantize is not finite
   */
  public static Descriptions annotated(ModelShape shape) {
    Map<String, QuantDescriptor> descriptors = new LinkedHashMap<>();
    Map<String, Alpha> smooth = new LinkedHashMap<>();
    shape
        .sites()
        .forEach(
            (path, site) -> site.tensor().descriptor().ifPresent(d -> descriptors.put(path, d)));
    shape
        .layers()
        .forEach(
            (path, layer) -> {
              if (!layer.type().alpha().isOff()) {
                smooth.put(path, layer.type().alpha());
              }
            });
    Descriptions annotated = new Descriptions(descriptors, smooth);
    annotated.check(shape);
    return annotated;
  }

  /**
   * Checks that descriptors and weights fit each other.
   *
   * @throws IllegalArgumentException if a descriptor does not fit its tensor, or if a weight holds
   *     NaN or was closed; the message names the tensor
   */
  public void check(ModelShape shape) {
    descriptors.forEach((path, descriptor) -> check(shape, shape.site(path), descriptor));
  }

  /**
   * Returns descriptions in which some layers follow a recipe.
   *
   * @param selected the layers' paths
   * @throws IllegalArgumentException if the recipe describes a role that none of the layers has
   */
  public Descriptions using(ModelShape shape, Recipe recipe, Set<String> selected) {
    Map<String, QuantDescriptor> other = new LinkedHashMap<>();
    Map<String, Alpha> otherSmooth = new LinkedHashMap<>();
    Set<Role> unused = EnumSet.noneOf(Role.class);
    unused.addAll(recipe.descriptors().keySet());
    for (TensorSite site : shape.sites().values()) {
      if (!selected.contains(site.layer())) {
        keep(site, other, otherSmooth);
        continue;
      }
      Role role = site.tensor().role().role().orElse(null);
      QuantDescriptor descriptor = role == null ? null : recipe.descriptors().get(role);
      if (descriptor != null) {
        check(shape, site, descriptor);
        other.put(site.path(), ofValues(descriptor));
        unused.remove(role);
        if (role == Role.INPUT && site.tensor().layout().has('C') && !recipe.alpha().isOff()) {
          otherSmooth.put(site.layer(), recipe.alpha());
        }
      }
    }
    if (!unused.isEmpty()) {
      throw new IllegalArgumentException(
          "recipe "
              + recipe.name()
              + " describes "
              + unused
              + ", but no layer that follows it has such a tensor");
    }
    return new Descriptions(other, otherSmooth);
  }

  private void keep(
      TensorSite site, Map<String, QuantDescriptor> other, Map<String, Alpha> otherSmooth) {
    QuantDescriptor descriptor = descriptors.get(site.path());
    if (descriptor != null) {
      other.put(site.path(), descriptor);
    }
    Alpha alpha = smooth.get(site.layer());
    if (alpha != null) {
      otherSmooth.put(site.layer(), alpha);
    }
  }

  /**
   * Returns descriptions in which some descriptors are changed.
   *
   * @param tensors the tensors' paths
   * @throws InvalidDescriptorException if a changed descriptor does not fit its tensor
   */
  public Descriptions describe(
      ModelShape shape, Set<String> tensors, UnaryOperator<QuantDescriptor> change) {
    Map<String, QuantDescriptor> other = new LinkedHashMap<>(descriptors);
    for (String path : tensors) {
      QuantDescriptor descriptor =
          Objects.requireNonNull(change.apply(other.get(path)), "the changed descriptor");
      check(shape, shape.site(path), descriptor);
      other.put(path, ofValues(descriptor));
    }
    return new Descriptions(other, smooth);
  }

  /**
   * Returns descriptions without some quantized tensors, or all tensors of layers. If one of these
   * tensors is an input, its layer is no longer smoothed.
   *
   * @throws IllegalArgumentException if the selection names nothing that is quantized
   */
  public Descriptions skip(ModelShape shape, Selection selection) {
    Set<String> skipped =
        selection.tensorsAndLayers(shape, descriptors.keySet(), "quantized tensor or layer");
    Map<String, QuantDescriptor> other = new LinkedHashMap<>(descriptors);
    other.keySet().removeAll(skipped);
    Map<String, Alpha> otherSmooth = new LinkedHashMap<>(smooth);
    skipped.stream()
        .map(shape::site)
        .filter(site -> site.tensor().role() == TensorRole.INPUT)
        .forEach(site -> otherSmooth.remove(site.layer()));
    return new Descriptions(other, otherSmooth);
  }

  /**
   * Returns a count of the tensors by descriptor, with the most frequent first: {@code 6 quantizers
   * in 3 layers: 3 × int8 per O, 3 × int8 per tensor}.
   */
  public String inWords() {
    long layers = descriptors.keySet().stream().map(TensorSite::layerOf).distinct().count();
    Map<String, Long> counts =
        descriptors.values().stream()
            .collect(
                Collectors.groupingBy(
                    QuantDescriptor::toString, LinkedHashMap::new, Collectors.counting()));
    String each =
        counts.entrySet().stream()
            .sorted(Map.Entry.<String, Long>comparingByValue().reversed())
            .map(entry -> entry.getValue() + " × " + entry.getKey())
            .collect(Collectors.joining(", "));
    return count(descriptors.size(), "quantizer")
        + " in "
        + count(layers, "layer")
        + (each.isEmpty() ? "" : ": " + each);
  }

  /**
   * Returns a count as {@link #inWords()} does, with the number of layers that are smoothed or, if
   * none is, to be smoothed.
   */
  public String inWords(int smoothed) {
    String smoothing =
        smoothed == 0
            ? "; " + count(smooth.size(), "layer") + " to be smoothed"
            : "; " + count(smoothed, "layer") + " smoothed";
    return inWords() + (smooth.isEmpty() ? "" : smoothing);
  }

  /** Returns a number and a noun: {@code 1 layer}, {@code 2 batches}. */
  public static String count(long number, String thing) {
    return number + " " + thing + (number == 1 ? "" : thing.endsWith("ch") ? "es" : "s");
  }

  /** Whether a tensor is given as codes is a matter of its layer; all else sees its values. */
  private static QuantDescriptor ofValues(QuantDescriptor descriptor) {
    return descriptor.fakeQuant() ? descriptor : descriptor.toBuilder().fakeQuant(true).build();
  }

  private static void check(ModelShape shape, TensorSite site, QuantDescriptor descriptor) {
    LayerTensor tensor = site.tensor();
    if (tensor.role() == TensorRole.BIAS) {
      throw new IllegalArgumentException(site.describe(null, null) + ": a bias is not quantized");
    }
    if (!descriptor.fakeQuant() && !tensor.codes()) {
      throw new IllegalArgumentException(
          site.describe(null, descriptor)
              + ": fakeQuant = false gives codes, and the layer takes values: leave it out, or let"
              + " the layer take the codes' scale by @ScaleOf(\""
              + tensor.name()
              + "\")");
    }
    if (tensor.codes() && (descriptor.affine() || descriptor.format().integers().isEmpty())) {
      throw new IllegalArgumentException(
          site.describe(null, descriptor)
              + ": the layer computes on its codes, which are integers without a zero point");
    }
    List<DescriptorProblem> problems =
        descriptor.problems(tensor.role().role().orElseThrow(), tensor.layout());
    if (!problems.isEmpty()) {
      throw new InvalidDescriptorException(site.describe(null, descriptor), problems);
    }
    if (tensor.role() == TensorRole.WEIGHT && shape.tensor(site).wasClosed()) {
      throw new IllegalArgumentException(site.describe(null, descriptor) + ": it was closed");
    }
    if (tensor.role() == TensorRole.WEIGHT && !isFinite(shape, site)) {
      throw new IllegalArgumentException(
          site.describe(shape.tensor(site), descriptor)
              + ": it holds NaN or infinity, which cannot be quantized");
    }
  }

  private static boolean isFinite(ModelShape shape, TensorSite weight) {
    Quantizer largest = Quantizer.of(QuantDescriptor.bits(8), Layout.UNKNOWN, shape.kernels());
    return Float.isFinite(largest.amax(shape.tensor(weight)).getFloat(0));
  }
}
