package dev.bitfold.smoothquant;

import dev.bitfold.internal.replay.FloatCalls;
import dev.bitfold.internal.replay.PassTask;
import dev.bitfold.internal.replay.Replay;
import dev.bitfold.internal.replay.SentState;
import dev.bitfold.internal.state.ModelShape;
import dev.bitfold.internal.state.Planned;
import dev.bitfold.internal.state.State;
import dev.bitfold.internal.state.TensorSite;
import java.io.Serial;
import java.util.HashMap;
import java.util.Map;

/** Judges one alpha of each layer on the layer's float inputs. */
final class SweepTask implements PassTask<LayerErrors> {
  @Serial private static final long serialVersionUID = 1;

  private final SentState floats;
  private final SentState candidate;

  /** The path of the input by which a call is recognized, by layer. */
  private final HashMap<String, String> inputs = new HashMap<>();

  /**
   * Prepares a round.
   *
   * @param floats the state whose outputs are expected
   * @param candidate the state with the quantizers and alphas of the round
   * @param inputs the input by which a call is recognized, by layer
   */
  SweepTask(State floats, State candidate, Map<String, TensorSite> inputs) {
    this.floats = new SentState(floats);
    this.candidate = new SentState(candidate);
    inputs.forEach((layer, site) -> this.inputs.put(layer, site.path()));
  }

  @Override
  public LayerErrors empty(ModelShape shape) {
    return new LayerErrors();
  }

  @Override
  public <M> boolean run(Planned<M> model, Iterable<Replay.Batch<M>> batches, LayerErrors into) {
    Map<String, TensorSite> sites = new HashMap<>();
    inputs.forEach((layer, path) -> sites.put(layer, model.shape().site(path)));
    FloatCalls.Recorder recorder = new FloatCalls.Recorder(new FloatCalls(sites));
    FloatCalls.Judge judge = new FloatCalls.Judge(new FloatCalls(sites), into::add);
    M expected = model.rebuild(floats.state(), recorder);
    M judged = model.rebuild(candidate.state(), judge);
    for (Replay.Batch<M> batch : batches) {
      FloatCalls calls = new FloatCalls(sites);
      recorder.into(calls);
      judge.with(calls);
      batch.run(expected);
      batch.run(judged);
    }
    return true;
  }
}
