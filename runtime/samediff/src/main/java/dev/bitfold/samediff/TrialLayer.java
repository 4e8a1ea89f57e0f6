package dev.bitfold.samediff;

import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.internal.state.ModelShape;
import dev.bitfold.internal.state.TensorSite;
import java.util.Map;
import java.util.Optional;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.VariableType;

/** Tries in another graph what would be added for a layer's weights. */
final class TrialLayer extends GraphLayer {
  private final Map<String, QuantDescriptor> descriptors;
  private final SameDiff trial;

  /**
   * Makes the hooks of a layer.
   *
   * @param trial the graph to try in
   */
  TrialLayer(ModelShape.Layer layer, Map<String, QuantDescriptor> descriptors, SameDiff trial) {
    super(layer, descriptors);
    this.descriptors = descriptors;
    this.trial = trial;
  }

  @Override
  SDVariable weight(TensorSite site, SDVariable x) {
    QuantDescriptor descriptor = descriptors.get(site.path());
    if (descriptor != null) {
      GraphQuantizer wanted = GraphQuantizer.of(x, site.tensor().layout(), descriptor);
      Optional<GraphQuantizer> before = GraphQuantizer.find(x.getSameDiff(), x.name());
      if (before.isPresent()) {
        requireAlike(site, wanted, before.get());
      } else {
        QuantSameDiff.check(x.getSameDiff(), x, wanted);
      }
      super.weight(site, copy(x));
    }
    return x;
  }

  private SDVariable copy(SDVariable x) {
    if (trial.hasVariable(x.name())) {
      return trial.getVariable(x.name());
    }
    return x.getVariableType() == VariableType.CONSTANT
        ? trial.constant(x.name(), x.getArr())
        : trial.var(x.name(), x.getArr());
  }
}
