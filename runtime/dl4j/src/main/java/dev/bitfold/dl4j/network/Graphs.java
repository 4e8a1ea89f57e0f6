package dev.bitfold.dl4j.network;

import dev.bitfold.dl4j.layer.LayerChange;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.WorkspaceMode;
import org.deeplearning4j.nn.conf.graph.LayerVertex;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.graph.vertex.GraphVertex;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Networks that are graphs of vertices, most of which hold a layer. */
public final class Graphs implements NetworkAccess<ComputationGraph> {
  @Override
  public Class<ComputationGraph> type() {
    return ComputationGraph.class;
  }

  @Override
  public void check(ComputationGraph network) {
    ComputationGraphConfiguration configuration = network.getConfiguration();
    NetworkCheck.check(network.getVertices() != null, configuration.getDataType());
  }

  @Override
  public List<Place> places(ComputationGraph network) {
    ComputationGraphConfiguration configuration = network.getConfiguration();
    List<Place> places = new ArrayList<>();
    for (int index : network.topologicalSortOrder()) {
      GraphVertex vertex = network.getVertices()[index];
      String name = vertex.getVertexName();
      var described = configuration.getVertices().get(name);
      if (described != null) {
        boolean permuted = permuted(configuration, name);
        places.add(place(vertex, described, permuted, readers(configuration, name)));
      }
    }
    return places;
  }

  private static Place place(
      GraphVertex vertex,
      org.deeplearning4j.nn.conf.graph.GraphVertex described,
      boolean permuted,
      List<String> readers) {
    String name = vertex.getVertexName();
    if (described instanceof LayerVertex held) {
      var layer = held.getLayerConf().getLayer();
      return new Place(
          name,
          layer.getClass().getSimpleName(),
          layer,
          held.getPreProcessor(),
          vertex.getLayer().paramTable(),
          permuted,
          readers);
    }
    Map<String, INDArray> parameters = vertex.paramTable(false);
    return new Place(
        name,
        described.getClass().getSimpleName(),
        null,
        null,
        parameters == null ? Map.of() : parameters,
        false,
        readers);
  }

  private static boolean permuted(ComputationGraphConfiguration configuration, String name) {
    Layer layer = layer(configuration, name);
    return layer != null
        && configuration.getVertexInputs().getOrDefault(name, List.of()).stream()
            .map(input -> layer(configuration, input))
            .anyMatch(before -> before != null && DataFormats.differ(before, layer));
  }

  private static @Nullable Layer layer(ComputationGraphConfiguration configuration, String name) {
    return configuration.getVertices().get(name) instanceof LayerVertex vertex
        ? vertex.getLayerConf().getLayer()
        : null;
  }

  private static List<String> readers(ComputationGraphConfiguration configuration, String name) {
    return configuration.getVertexInputs().entrySet().stream()
        .filter(vertex -> vertex.getValue().contains(name))
        .map(Map.Entry::getKey)
        .toList();
  }

  @Override
  public ComputationGraph rebuild(
      ComputationGraph network, Map<String, ? extends LayerChange> layers) {
    ComputationGraphConfiguration configuration = network.getConfiguration().clone();
    configuration.setInferenceWorkspaceMode(WorkspaceMode.NONE);
    configuration.setTrainingWorkspaceMode(WorkspaceMode.NONE);
    layers.forEach(
        (name, change) -> {
          LayerVertex vertex =
              (LayerVertex) Objects.requireNonNull(configuration.getVertices().get(name));
          vertex.setPreProcessor(change.before(vertex.getPreProcessor()));
          change.configure(vertex.getLayerConf());
        });
    ComputationGraph rebuilt = new ComputationGraph(configuration);
    rebuilt.init(network.params().dup(), false);
    layers.forEach((name, change) -> change.write(rebuilt.getLayer(name).paramTable()));
    return rebuilt;
  }
}
