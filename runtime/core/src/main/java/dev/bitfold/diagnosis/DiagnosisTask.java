package dev.bitfold.diagnosis;

import dev.bitfold.internal.replay.FloatCalls;
import dev.bitfold.internal.replay.PassTask;
import dev.bitfold.internal.replay.Replay;
import dev.bitfold.internal.replay.SentState;
import dev.bitfold.internal.state.ModelShape;
import dev.bitfold.internal.state.Planned;
import dev.bitfold.internal.state.State;
import dev.bitfold.internal.state.Tap;
import dev.bitfold.internal.state.TensorSite;
import dev.bitfold.tensor.ChannelScale;
import dev.bitfold.tensor.Workspaces;
import java.io.Serial;
import java.util.Map;
import java.util.function.Function;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Runs each batch through the float, the smoothed and the quantized model. */
final class DiagnosisTask implements PassTask<LayerFigures> {
  @Serial private static final long serialVersionUID = 1;

  private final SentState diagnosed;

  DiagnosisTask(State diagnosed) {
    this.diagnosed = new SentState(diagnosed);
  }

  @Override
  public LayerFigures empty(ModelShape shape) {
    return new LayerFigures(shape);
  }

  @Override
  public <M> boolean run(Planned<M> model, Iterable<Replay.Batch<M>> batches, LayerFigures into) {
    State state = diagnosed.state();
    Map<String, TensorSite> inputs = model.shape().quantizedInputs(state);
    FloatCalls.Recorder recorder = new FloatCalls.Recorder(new FloatCalls(inputs));
    FloatCalls.Judge judge = new FloatCalls.Judge(new FloatCalls(inputs), into::addError);
    M original = model.rebuild(State.FLOAT, new Profiler(state, Map.of(), into::before));
    Profiler after = new Profiler(state, state.preQuantScales(), into::after);
    M smoothed = model.rebuild(state.withoutQuantizers(), new Both(after, recorder));
    M quantized = model.rebuild(state.onlyOf(inputs.keySet()), judge);
    for (Replay.Batch<M> batch : batches) {
      FloatCalls calls = new FloatCalls(inputs);
      recorder.into(calls);
      judge.with(calls);
      batch.run(original);
      batch.run(smoothed);
      batch.run(quantized);
    }
    return true;
  }

  /** Collects statistics of the inputs that the state quantizes. */
  private record Profiler(
      State state,
      Map<String, INDArray> preQuantScales,
      Function<TensorSite, ActivationProfile> profiles)
      implements Tap {
    @Override
    public INDArray input(TensorSite site, INDArray x) {
      if (state.descriptors().containsKey(site.path())) {
        ActivationProfile profile = profiles.apply(site);
        INDArray factors = preQuantScales.get(site.path());
        Workspaces.outside(
            () -> {
              profile.observe(
                  factors == null
                      ? x
                      : ChannelScale.apply(x, factors, site.tensor().layout().fromEnd('C')));
              return x;
            });
      }
      return x;
    }
  }

  /** Calls two taps in one pass. */
  private record Both(Tap first, Tap second) implements Tap {
    @Override
    public INDArray input(TensorSite site, INDArray x) {
      return second.input(site, first.input(site, x));
    }

    @Override
    public INDArray output(TensorSite site, INDArray y) {
      return second.output(site, first.output(site, y));
    }
  }
}
