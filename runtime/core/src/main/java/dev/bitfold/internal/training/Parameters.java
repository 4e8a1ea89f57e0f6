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

/** All that is trained of a model, by name. Used by one thread. */
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

  /** Their names: {@code fc1.weight}, {@code fc1.x.amax}. */
  public Set<String> names() {
    return Collections.unmodifiableSet(parameters.keySet());
  }

  /** Their values, copies. */
  public Map<String, INDArray> values() {
    return Workspaces.outside(
        () -> {
          Map<String, INDArray> values = new LinkedHashMap<>();
          parameters.forEach((name, p) -> values.put(name, p.value().dup('c')));
          return values;
        });
  }

  /**
   * Leaves some as they are from now on.
   *
   * @throws IllegalArgumentException if the selection names no tensor that is trained
   */
  public void fix(Selection selection) {
    Set<String> trained = new LinkedHashSet<>();
    parameters.values().forEach(p -> trained.add(p.site().path()));
    Set<String> named = selection.tensorsAndLayers(shape, trained, "trained tensor or layer");
    for (Parameter parameter : parameters.values()) {
      if (named.contains(parameter.site().path())) {
        parameter.fix();
      }
    }
  }

  /** The names of those that stay as they are. */
  public Set<String> fixed() {
    Set<String> fixed = new LinkedHashSet<>();
    parameters.values().stream().filter(Parameter::isFixed).forEach(p -> fixed.add(p.name()));
    return fixed;
  }

  /** Copies of what the updaters remember, by parameter and by ND4J's name. */
  public Map<String, Map<String, INDArray>> moments() {
    Map<String, Map<String, INDArray>> moments = new LinkedHashMap<>();
    parameters.forEach((name, parameter) -> moments.put(name, parameter.moments()));
    return moments;
  }

  /**
   * Gives the updaters back what they remembered.
   *
   * @param moments of every parameter
   * @param fixed the names of the parameters that stay as they are
   * @throws IllegalArgumentException if the updaters remember something else
   */
  public void restore(Map<String, Map<String, INDArray>> moments, Set<String> fixed) {
    parameters.forEach(
        (name, parameter) -> {
          parameter.restore(Objects.requireNonNull(moments.get(name), name));
          if (fixed.contains(name)) {
            parameter.fix();
          }
        });
  }

  /** Forgets the gradients of the step before. */
  void reset() {
    parameters.values().forEach(Parameter::reset);
  }

  /**
   * The gradients of a pass, copies; parameters that no gradient has reached, and those that are
   * fixed, are left out.
   *
   * @throws IllegalStateException if there are none, if a layer ran forward and its {@code
   *     backward} was not called, or if one holds NaN or infinity
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
                + " are finite, and their sum is not");
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
              + " ran forward, and backward was not called, so that nothing there would be trained:"
              + " call it, or say what is to stay as it is, fix(\""
              + forgotten.get(0)
              + "\")");
    }
  }

  private String layerName(String path) {
    return TrainedLayer.name(Objects.requireNonNull(shape.layers().get(path)));
  }
}
