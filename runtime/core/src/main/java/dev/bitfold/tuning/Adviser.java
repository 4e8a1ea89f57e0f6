package dev.bitfold.tuning;

import dev.bitfold.descriptor.BlockSize;
import dev.bitfold.descriptor.Layout;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.diagnosis.Diagnosis;
import dev.bitfold.diagnosis.DiagnosisRun;
import dev.bitfold.internal.replay.FloatSample;
import dev.bitfold.internal.replay.Replay;
import dev.bitfold.internal.state.CalibratedScale;
import dev.bitfold.internal.state.ModelShape;
import dev.bitfold.internal.state.State;
import dev.bitfold.internal.state.TensorSite;
import dev.bitfold.layer.TensorRole;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Looks for what would help the worst layers, and tries it: a finer scale for the tensor that loses
 * most, else keeping the layer float.
 */
public final class Adviser<M> {
  /** A finer scale is worth its price if the error falls to this share. */
  private static final double WORTH = 0.7;

  private static final int BLOCK = 32;

  private final Replay<M> replay;
  private final ModelShape shape;
  private final State state;

  public Adviser(Replay<M> replay, ModelShape shape, State state) {
    this.replay = replay;
    this.shape = shape;
    this.state = state;
  }

  private record Remedy(String annotation, Map<String, QuantDescriptor> describe) {}

  public List<Advice> advise(Diagnosis diagnosis, int count) {
    List<Diagnosis.Layer> worst =
        diagnosis.worst(count).stream().filter(layer -> layer.error() > 0).toList();
    List<FloatSample.Recorded<M>> sample =
        FloatSample.of(replay, state, shape.quantizedInputs(state));
    Map<String, Double> before = DiagnosisRun.errors(replay, shape, state, sample);
    Map<String, Remedy> remedies = new LinkedHashMap<>();
    Map<String, QuantDescriptor> descriptors = new LinkedHashMap<>(state.descriptors());
    for (Diagnosis.Layer layer : worst) {
      Remedy remedy = finer(layer);
      remedies.put(layer.path(), remedy);
      descriptors.putAll(remedy.describe());
    }
    Map<String, CalibratedScale> scales = new LinkedHashMap<>(state.scales());
    remedies.values().forEach(remedy -> scales.keySet().removeAll(remedy.describe().keySet()));
    State changed = new State(descriptors, scales, state.preScales(), state.tensors(), Map.of());
    Map<String, Double> after = DiagnosisRun.errors(replay, shape, changed, sample);
    List<Advice> advice = new ArrayList<>();
    for (Diagnosis.Layer layer : worst) {
      double old = before.getOrDefault(layer.path(), 0.0);
      double now = after.getOrDefault(layer.path(), old);
      Remedy remedy = remedies.getOrDefault(layer.path(), new Remedy("", Map.of()));
      boolean helps = !remedy.describe().isEmpty() && now <= WORTH * old;
      advice.add(
          new Advice(
              layer.path(),
              helps ? remedy.annotation() : "@SkipQuantize at " + layer.path(),
              reason(layer),
              helps ? remedy.describe() : Map.of(),
              old,
              helps ? now : 0));
    }
    return advice;
  }

  /** A finer scale for whichever of the layer's tensors loses most. */
  private Remedy finer(Diagnosis.Layer layer) {
    double input = layer.inputDecibels().orElse(Double.POSITIVE_INFINITY);
    double weight = layer.weightDecibels().orElse(Double.POSITIVE_INFINITY);
    Map<String, QuantDescriptor> describe = new LinkedHashMap<>();
    List<String> lines = new ArrayList<>();
    for (TensorSite site : shape.sites().values()) {
      QuantDescriptor old = state.descriptors().get(site.path());
      if (old == null
          || !site.layer().equals(layer.path())
          || old.format().integers().filter(format -> !format.unsigned()).isEmpty()) {
        continue;
      }
      int bits = old.format().bits();
      TensorRole role = site.tensor().role();
      Layout layout = site.tensor().layout();
      if (role == TensorRole.INPUT && input <= weight && isPerTensor(old) && hasTokens(layout)) {
        String letters = (layout.has('N') ? "N" : "") + (layout.has('T') ? "T" : "");
        String per = letters.isEmpty() ? "NT" : letters;
        describe.put(
            site.path(), QuantDescriptor.builder().bits(bits).per(per).dynamic(true).build());
        lines.add(
            String.format(
                Locale.ROOT,
                "@Quantize(role = Role.INPUT, bits = %d, per = \"%s\", dynamic = true)",
                bits,
                per));
      } else if (role == TensorRole.WEIGHT
          && weight < input
          && layout.has('I')
          && old.blockSizes().isEmpty()) {
        describe.put(
            site.path(),
            QuantDescriptor.builder().bits(bits).blockSizes(BlockSize.along("I", BLOCK)).build());
        lines.add(
            String.format(
                Locale.ROOT,
                "@Quantize(bits = %d, blockSizes = @Block(along = \"I\", size = %d))",
                bits,
                BLOCK));
      }
    }
    return new Remedy(
        String.join(" ", lines)
            + " on "
            + layer.layerClass()
            + ", or on a subclass of it for this layer alone",
        describe);
  }

  private static boolean isPerTensor(QuantDescriptor descriptor) {
    return descriptor.perTensor() && !descriptor.dynamic();
  }

  private static boolean hasTokens(Layout layout) {
    return layout.isOpen() || layout.has('N') || layout.has('T');
  }

  private static String reason(Diagnosis.Layer layer) {
    List<String> reasons = new ArrayList<>();
    layer.inputDecibels().ifPresent(value -> reasons.add(decibels("input", value)));
    layer.weightDecibels().ifPresent(value -> reasons.add(decibels("weight", value)));
    for (Diagnosis.Input input : layer.inputs()) {
      reasons.add(
          String.format(
              Locale.ROOT,
              "largest channel of %s %.1f times the median",
              input.name(),
              input.after().spread()));
    }
    return String.join(", ", reasons);
  }

  private static String decibels(String what, double value) {
    return String.format(Locale.ROOT, "%s %.1f dB", what, value);
  }
}
