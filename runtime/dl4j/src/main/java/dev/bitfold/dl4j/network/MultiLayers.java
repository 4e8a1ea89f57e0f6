package dev.bitfold.dl4j.network;

import dev.bitfold.dl4j.layer.LayerChange;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import org.deeplearning4j.nn.conf.InputPreProcessor;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.WorkspaceMode;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;

/** Networks that are a list of layers. */
public final class MultiLayers implements NetworkAccess<MultiLayerNetwork> {
  @Override
  public Class<MultiLayerNetwork> type() {
    return MultiLayerNetwork.class;
  }

  @Override
  public void check(MultiLayerNetwork network) {
    NetworkCheck.check(network.isInitCalled(), network.getLayerWiseConfigurations().getDataType());
  }

  @Override
  public List<Place> places(MultiLayerNetwork network) {
    MultiLayerConfiguration configuration = network.getLayerWiseConfigurations();
    List<Place> places = new ArrayList<>();
    for (int i = 0; i < network.getnLayers(); i++) {
      Layer layer = configuration.getConf(i).getLayer();
      boolean permuted =
          i > 0 && DataFormats.differ(configuration.getConf(i - 1).getLayer(), layer);
      List<String> readers =
          i + 1 < network.getnLayers() ? List.of(name(configuration, i + 1)) : List.of();
      places.add(
          new Place(
              name(configuration, i),
              layer.getClass().getSimpleName(),
              layer,
              configuration.getInputPreProcess(i),
              network.getLayer(i).paramTable(),
              permuted,
              readers));
    }
    return places;
  }

  private static String name(MultiLayerConfiguration configuration, int index) {
    String name = configuration.getConf(index).getLayer().getLayerName();
    return name == null ? "layer" + index : name;
  }

  @Override
  public MultiLayerNetwork rebuild(
      MultiLayerNetwork network, Map<String, ? extends LayerChange> layers) {
    MultiLayerConfiguration configuration = network.getLayerWiseConfigurations().clone();
    // What hooks give and keep is not part of a workspace.
    configuration.setInferenceWorkspaceMode(WorkspaceMode.NONE);
    configuration.setTrainingWorkspaceMode(WorkspaceMode.NONE);
    each(configuration, layers, (i, change) -> configure(configuration, i, change));
    MultiLayerNetwork rebuilt = new MultiLayerNetwork(configuration);
    rebuilt.init(network.params().dup(), false);
    each(configuration, layers, (i, change) -> change.write(rebuilt.getLayer(i).paramTable()));
    return rebuilt;
  }

  private static void each(
      MultiLayerConfiguration configuration,
      Map<String, ? extends LayerChange> layers,
      BiConsumer<Integer, LayerChange> action) {
    for (int i = 0; i < configuration.getConfs().size(); i++) {
      LayerChange change = layers.get(name(configuration, i));
      if (change != null) {
        action.accept(i, change);
      }
    }
  }

  private static void configure(
      MultiLayerConfiguration configuration, int index, LayerChange change) {
    InputPreProcessor before = change.before(configuration.getInputPreProcess(index));
    if (before == null) {
      configuration.getInputPreProcessors().remove(index);
    } else {
      configuration.getInputPreProcessors().put(index, before);
    }
    change.configure(configuration.getConf(index));
  }
}
