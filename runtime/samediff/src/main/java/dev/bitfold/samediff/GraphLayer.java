package dev.bitfold.samediff;

import dev.bitfold.descriptor.Layout;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.internal.state.ModelShape;
import dev.bitfold.internal.state.TensorSite;
import dev.bitfold.layer.GraphHooks;
import dev.bitfold.layer.LayerTensor;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;

/** Puts the quantizers of one layer into the graph. */
class GraphLayer implements GraphHooks {
  private final ModelShape.Layer layer;
  private final Map<String, QuantDescriptor> descriptors;
  private final Map<String, SDVariable> given = new HashMap<>();

  /**
   * Makes the hooks of a layer.
   *
   * @param descriptors the descriptors of the quantized tensors, by path
   */
  GraphLayer(ModelShape.Layer layer, Map<String, QuantDescriptor> descriptors) {
    this.layer = layer;
    this.descriptors = descriptors;
  }

  @Override
  public @Nullable SDVariable tensor(String name, @Nullable SDVariable original) {
    if (original == null) {
      return null;
    }
    SDVariable tensor = weight(site(name), original);
    given.put(name, tensor);
    return tensor;
  }

  /** Returns what the layer is built with instead of a variable. */
  SDVariable weight(TensorSite site, SDVariable x) {
    QuantDescriptor descriptor = descriptors.get(site.path());
    if (descriptor == null) {
      return x;
    }
    SameDiff graph = x.getSameDiff();
    GraphQuantizer quantizer = GraphQuantizer.of(x, site.tensor().layout(), descriptor);
    Optional<GraphQuantizer> before = GraphQuantizer.find(graph, x.name());
    if (before.isPresent()) {
      requireAlike(site, quantizer, before.get());
      return graph.getVariable(before.get().output());
    }
    try {
      return QuantSameDiff.add(graph, x, quantizer, QuantSameDiff.shared(x, quantizer));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(site.path() + ": " + e.getMessage(), e);
    } catch (IllegalStateException e) {
      throw new IllegalStateException(site.path() + ": " + e.getMessage(), e);
    }
  }

  static void requireAlike(TensorSite site, GraphQuantizer wanted, GraphQuantizer before) {
    if (!wanted.isAs(before)) {
      throw new IllegalArgumentException(
          site.describe(null, wanted.descriptor())
              + ": "
              + before
              + ", layout "
              + before.layout()
              + ", is in the graph already; a graph has one quantizer of a tensor");
    }
  }

  private TensorSite site(String name) {
    LayerTensor tensor = layer.type().tensors().get(name);
    if (tensor == null) {
      throw new IllegalArgumentException(
          layer.type().type().getName()
              + " has no tensor \""
              + name
              + "\", only "
              + layer.type().tensors().keySet());
    }
    return layer.site(tensor);
  }

  @Override
  public void check(String name, @Nullable SDVariable held) {
    site(name).requireHeld(given.get(name), held);
  }

  @Override
  public @Nullable SDVariable input(String name, @Nullable SDVariable x) {
    return x == null ? null : through(site(name), x);
  }

  @Override
  public SDVariable output(SDVariable y) {
    return through(layer.output(), y);
  }

  private SDVariable through(TensorSite site, SDVariable x) {
    QuantDescriptor descriptor = descriptors.get(site.path());
    if (descriptor == null) {
      return x;
    }
    SameDiff graph = x.getSameDiff();
    Layout layout = site.tensor().layout();
    GraphQuantizer wanted = GraphQuantizer.of(x, layout, descriptor);
    Optional<GraphQuantizer> before = GraphQuantizer.find(graph, site.path());
    before.ifPresent(quantizer -> requireAlike(site, wanted, quantizer));
    String name = site.path();
    for (int call = 1; before.isPresent() && graph.hasVariable(name); call++) {
      name = site.path() + "/" + call;
    }
    if (graph.hasVariable(name)) {
      throw new IllegalArgumentException(
          site.describe(null, descriptor)
              + ": the graph has another variable of this name; rename that");
    }
    try {
      QuantSameDiff.check(graph, x, wanted.named(name));
      int[] shared = QuantSameDiff.shared(x, wanted);
      SDVariable own = graph.identity(name, x);
      GraphQuantizer quantizer =
          before
              .map(first -> first.sharedBy(own))
              .orElseGet(() -> GraphQuantizer.of(own, layout, descriptor));
      return QuantSameDiff.add(graph, own, quantizer, shared);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          site.describe(null, descriptor) + ": " + e.getMessage(), e);
    }
  }
}
