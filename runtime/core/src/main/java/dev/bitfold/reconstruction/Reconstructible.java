package dev.bitfold.reconstruction;

import dev.bitfold.internal.replay.Fingerprint;
import dev.bitfold.internal.replay.Replay;
import dev.bitfold.internal.state.ModelShape;
import dev.bitfold.internal.state.State;
import dev.bitfold.internal.state.Tap;
import dev.bitfold.internal.state.TensorSite;
import dev.bitfold.layer.TensorRole;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Finds the weights of a model that can be reconstructed.
 *
 * @param steps the layers that are products or convolutions, those that take the same rows
 *     together, in the order of their first calls
 * @param tables the tables of embeddings
 * @param left the quantized weights that are neither, with the reason, by path
 * @param repeats whether some layer is called more than once for a batch
 */
record Reconstructible(
    List<Step> steps, List<Table> tables, Map<String, String> left, boolean repeats) {
  /** Runs the float model over the first batch. */
  static <M> Reconstructible of(Replay<M> replay, ModelShape shape, State state) {
    return new Finder<>(replay, shape, state).found();
  }

  private static final class Finder<M> {
    private final Replay<M> replay;
    private final ModelShape shape;
    private final State state;
    private final Map<String, LayerSites> layers = new LinkedHashMap<>();
    private final List<Table> tables = new ArrayList<>();
    private final Map<String, String> left = new LinkedHashMap<>();
    private boolean repeats;

    Finder(Replay<M> replay, ModelShape shape, State state) {
      this.replay = replay;
      this.shape = shape;
      this.state = state;
    }

    Reconstructible found() {
      for (String path : state.descriptors().keySet()) {
        TensorSite site = shape.site(path);
        if (site.tensor().role() == TensorRole.WEIGHT) {
          WeightScales.fixedBecause(path, state)
              .ifPresentOrElse(reason -> left.put(path, reason), () -> sort(site));
        }
      }
      return new Reconstructible(together(), tables, left, repeats);
    }

    private void sort(TensorSite weight) {
      Optional<Table> table = Table.of(shape.layer(weight), weight);
      try {
        if (table.isPresent()) {
          tables.add(table.get());
        } else {
          layers.put(weight.layer(), LayerSites.of(shape.layer(weight), weight));
        }
      } catch (LayerSites.Unfit e) {
        left.put(weight.path(), e.getMessage());
      }
    }

    private INDArray held(TensorSite site) {
      return shape.tensor(site, state);
    }

    /**
     * Says which rows of which input a layer takes.
     *
     * @param input a fingerprint of its inputs
     */
    private record Taken(long input, InputRows rows) {}

    private List<Step> together() {
      Map<String, Long> inputs = new LinkedHashMap<>();
      Map<String, INDArray> open = new LinkedHashMap<>();
      Map<String, ProductLayer> products = new LinkedHashMap<>();
      Map<String, String> unfit = new LinkedHashMap<>();
      Tap tap =
          new Tap() {
            @Override
            public INDArray input(TensorSite site, INDArray x) {
              LayerSites layer = layers.get(site.layer());
              if (layer != null && site.equals(layer.input())) {
                repeats |= inputs.containsKey(site.layer());
                open.put(site.layer(), x);
                inputs.computeIfAbsent(
                    site.layer(),
                    path ->
                        31 * Fingerprint.of(x) + Fingerprint.of(layer.through(shape, state, x)));
              }
              return x;
            }

            @Override
            public INDArray output(TensorSite site, INDArray y) {
              LayerSites layer = layers.get(site.layer());
              INDArray x = open.remove(site.layer());
              if (layer != null && x != null) {
                try {
                  products.put(site.layer(), product(layer, x, y, products.get(site.layer())));
                } catch (LayerSites.Unfit e) {
                  unfit.put(site.layer(), e.getMessage());
                }
              }
              return y;
            }
          };
      replay.iterator().next().run(replay.rebuild(state.withoutQuantizers(), tap));
      Map<Taken, List<ProductLayer>> together = new LinkedHashMap<>();
      inputs.forEach(
          (path, input) -> {
            ProductLayer product = products.get(path);
            if (!unfit.containsKey(path) && product != null) {
              together
                  .computeIfAbsent(new Taken(input, product.rows()), x -> new ArrayList<>())
                  .add(product);
            }
          });
      layers.forEach(
          (path, layer) -> {
            if (!inputs.containsKey(path)) {
              left.put(layer.weight().path(), "its layer was not called in the first batch");
            } else if (unfit.containsKey(path)) {
              left.put(layer.weight().path(), unfit.get(path));
            }
          });
      return together.values().stream()
          .map(some -> new Step(some, replay.found().orElse(0)))
          .toList();
    }

    private ProductLayer product(
        LayerSites layer, INDArray x, INDArray y, @Nullable ProductLayer before)
        throws LayerSites.Unfit {
      INDArray in = layer.through(shape, state.withoutQuantizers(), x);
      INDArray held = held(layer.weight());
      var bias = layer.bias().map(this::held);
      if (before == null) {
        return ProductLayer.of(layer, in, y, held, bias);
      }
      before.require(in, y, held, bias);
      return before;
    }
  }
}
