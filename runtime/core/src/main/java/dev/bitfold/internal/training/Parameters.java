package dev.bitfold.internal.training;

import dev.bitfold.internal.state.ModelShape;
import dev.bitfold.internal.state.Selection;
import dev.bitfold.tensor.Workspaces;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Holds everything that is trained in a model, by name. Used by one thread. */
public final class Parameters {
  private final ModelShape shape;
  private final StepWatch watch;
  private final Map<String, Parameter> parameters = new LinkedHashMap<>();

  Parameters(ModelShape shape, StepWatch watch) {
    this.shape = shape;
    this.watch = watch;
  }

  Parameter add(Parameter parameter) {
    parameters.put(parameter.name(), parameter);
    return parameter;
  }

  boolean isEmpty() {
    return parameters.isEmpty();
  }

  /** Returns the names: {@code fc1.weight}, {@code fc1.x.amax}. */
  public Set<String> names() {
    return Collections.unmodifiableSet(parameters.keySet());
  }

  /** Returns copies of the values. */
  public Map<String, INDArray> values() {
    return Workspaces.outside(
        () -> {
          Map<String, INDArray> values = new LinkedHashMap<>();
          parameters.forEach((name, p) -> values.put(name, p.value().dup('c')));
          return values;
        });
  }

  /**
   * Stops training some parameters.
   *
   * @throws IllegalArgumentException if the selection names no trained tensor
   */
  public void holdFixed(Selection selection) {
    Set<String> trained = new LinkedHashSet<>();
    parameters.values().forEach(p -> trained.add(p.site().path()));
    Set<String> named = selection.tensorsAndLayers(shape, trained, "trained tensor or layer");
    for (Parameter parameter : parameters.values()) {
      if (named.contains(parameter.site().path())) {
        parameter.holdFixed();
      }
    }
  }

  /** Returns the names of the parameters that are held fixed. */
  public Set<String> fixed() {
    Set<String> fixed = new LinkedHashSet<>();
    parameters.values().stream().filter(Parameter::isFixed).forEach(p -> fixed.add(p.name()));
    return fixed;
  }

  /** Returns copies of the updaters' state, by parameter and by ND4J's name. */
  public Map<String, Map<String, INDArray>> moments() {
    Map<String, Map<String, INDArray>> moments = new LinkedHashMap<>();
    parameters.forEach((name, parameter) -> moments.put(name, parameter.moments()));
    return moments;
  }

  /**
   * Restores the updaters' state.
   *
   * @param moments the state of every parameter's updater
   * @param fixed the names of the parameters that are held fixed
   * @throws IllegalArgumentException if the updaters have another state
   */
  public void restore(Map<String, Map<String, INDArray>> moments, Set<String> fixed) {
    parameters.forEach(
        (name, parameter) -> {
          parameter.restore(Objects.requireNonNull(moments.get(name), name));
          if (fixed.contains(name)) {
            parameter.holdFixed();
          }
        });
  }

  /** Clears the gradients of the previous step. */
  void reset() {
    parameters.values().forEach(Parameter::reset);
  }

  /**
   * Returns copies of the gradients of a pass. Parameters that no gradient has reached, and those
   * that are held fixed, are left out.
   *
   * @throws IllegalStateException if there are no gradients, if {@code forward} of a layer ran but
   *     its {@code backward} was not called, or if a gradient holds NaN or infinity
   */
  public Map<String, INDArray> gradients() {
    Map<String, INDArray> gradients = new LinkedHashMap<>();
    reached().forEach(parameter -> gradients.put(parameter.name(), parameter.gradient()));
    return gradients;
  }

  List<Parameter> reached() {
    List<Parameter> trained = parameters.values().stream().filter(p -> !p.isFixed()).toList();
    List<Parameter> reached = trained.stream().filter(Parameter::touched).toList();
    if (reached.isEmpty()) {
      throw new IllegalStateException(
          watch.at()
              + (trained.isEmpty()
                  ? "everything is fixed, so there is nothing to train"
                  : "no gradient has reached a layer: call the backward of the model that was given"
                      + " to the step"));
    }
    requireBackward(trained);
    for (Parameter parameter : reached) {
      if (!parameter.hasFiniteGradient()) {
        throw new IllegalStateException(
            watch.at()
                + "the gradients of "
                + parameter.name()
                + " are finite, but their sum is not");
      }
    }
    return reached;
  }

  private void requireBackward(List<Parameter> trained) {
    List<String> forgotten = new ArrayList<>();
    for (String path : watch.withoutBackward()) {
      if (trained.stream().anyMatch(p -> p.site().layer().equals(path))) {
        forgotten.add(path);
      }
    }
    if (!forgotten.isEmpty()) {
      throw new IllegalStateException(
          watch.at()
              + String.join(", ", forgotten.stream().map(this::layerName).toList())
              + " ran forward, but its backward was not called, so nothing in it would be trained:"
              + " call backward, or leave its tensors as they are, holdFixed(\""
              + forgotten.get(0)
              + "\")");
    }
  }

  private String layerName(String path) {
    return TrainedLayer.name(Objects.requireNonNull(shape.layers().get(path)));
  }
}
