package dev.bitfold.internal.state;

import dev.bitfold.internal.state.ModelShape.Layer;
import dev.bitfold.internal.state.ModelShape.Sharing;
import dev.bitfold.layer.ArrayHooks;
import dev.bitfold.layer.GraphHooks;
import dev.bitfold.layer.LayerType;
import dev.bitfold.layer.Walk;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Records the layers, tensors and other components of a model. For one walk. */
final class FirstWalk implements Walk.Visitor {
  private final Map<String, Layer> layers = new LinkedHashMap<>();
  private final Map<String, Class<?>> skipped = new LinkedHashMap<>();
  private final Map<String, List<String>> consumers = new LinkedHashMap<>();
  private final Map<String, String> again = new LinkedHashMap<>();
  private final Set<String> absent = new LinkedHashSet<>();
  private final Set<String> missing = new LinkedHashSet<>();

  @Override
  public ArrayHooks layer(String path, LayerType<?, ?> type) {
    return new ReadingHooks(path, type, read(path, type));
  }

  @Override
  public GraphHooks graphLayer(String path, LayerType<?, ?> type) {
    return new GraphReadingHooks(path, type, read(path, type));
  }

  private Map<String, INDArray> read(String path, LayerType<?, ?> type) {
    Map<String, INDArray> tensors = new LinkedHashMap<>();
    Layer layer = new Layer(path, type, Collections.unmodifiableMap(tensors));
    if (layers.put(path, layer) != null) {
      throw new IllegalArgumentException(
          "the model has two layers named " + path + "; give one of them another key");
    }
    return tensors;
  }

  @Override
  public void met(String path, Object layer) {
    RebuiltLayers.refuse(path, layer);
  }

  @Override
  public void skipped(String path, Object value) {
    skipped.put(path, value.getClass());
  }

  @Override
  public void absent(String path) {
    absent.add(path);
  }

  @Override
  public void missing(String path) {
    absent.add(path);
    missing.add(path);
  }

  @Override
  public void again(String path, String first) {
    again.put(path, first);
  }

  @Override
  public void smoothInto(String source, List<String> paths) {
    consumers.put(source, paths);
  }

  /** Returns the layers by path, in the order of the walk. */
  Map<String, Layer> layers() {
    return layers;
  }

  /** Returns the classes of the components that are kept float, by path. */
  Map<String, Class<?>> skipped() {
    return skipped;
  }

  /** Returns the paths of the components that are null. */
  Set<String> missing() {
    return missing;
  }

  /**
   * Returns what {@code @SmoothInto} lists, and the components other than layers that its paths may
   * name.
   */
  Sharing sharing() {
    return new Sharing(consumers, again, absent);
  }
}
