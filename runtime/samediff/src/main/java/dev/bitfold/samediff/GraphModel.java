package dev.bitfold.samediff;

import dev.bitfold.Plan;
import dev.bitfold.descriptor.GraphRules;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.internal.state.Backed;
import dev.bitfold.internal.state.ModelShape;
import dev.bitfold.internal.state.Planned;
import dev.bitfold.internal.state.TensorSite;
import java.util.Map;
import org.nd4j.autodiff.samediff.SameDiff;

/** Puts the quantizers of a plan into the graph of its model. */
final class GraphModel {
  private GraphModel() {}

  static <M> M of(Plan<M> plan) {
    if (!plan.layersToSmooth().isEmpty()) {
      throw new IllegalStateException(
          "layers of a graph cannot be smoothed, and the plan smooths "
              + plan.layersToSmooth()
              + ": use a recipe without SmoothQuant, or remove @SmoothQuant");
    }
    Planned<M> planned = Backed.contentsOf(plan);
    planned.layers().values().forEach(layer -> check(layer, plan.descriptors()));
    // Everything that a weight's quantizer refuses must be known before the graph gets any of them.
    SameDiff trial = SameDiff.create();
    planned.rebuildGraph(layer -> new TrialLayer(layer, plan.descriptors(), trial));
    return planned.rebuildGraph(layer -> new GraphLayer(layer, plan.descriptors()));
  }

  private static void check(ModelShape.Layer layer, Map<String, QuantDescriptor> descriptors) {
    if (!layer.type().isOfVariables()) {
      throw new IllegalArgumentException(
          layer.path()
              + " ("
              + layer.type().type().getSimpleName()
              + ") holds INDArrays, which cannot be in a graph: declare its tensors as SDVariables");
    }
    layer.type().tensors().values().forEach(tensor -> check(layer.site(tensor), descriptors));
    check(layer.output(), descriptors);
  }

  private static void check(TensorSite site, Map<String, QuantDescriptor> descriptors) {
    QuantDescriptor descriptor = descriptors.get(site.path());
    if (descriptor != null) {
      GraphRules.refusal(descriptor)
          .ifPresent(
              why -> {
                throw new IllegalArgumentException(site.describe(null, descriptor) + ": " + why);
              });
    }
  }
}
