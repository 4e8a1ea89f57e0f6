package dev.bitfold.processor.model;

import com.palantir.javapoet.ClassName;
import com.palantir.javapoet.TypeName;
import dev.bitfold.descriptor.Alpha;
import dev.bitfold.descriptor.QuantDescriptor;
import java.util.List;
import java.util.Optional;

/**
 * Describes a layer class.
 *
 * @param subject the class
 * @param shape the shape of its replacement in a quantized model
 * @param tensors its weights and biases
 * @param arguments the arguments of the constructor that rebuilds it
 * @param constructorThrows the checked exceptions of that constructor
 * @param forward the hooked method, if there is one
 * @param backward the method that computes its gradients, if there is one
 * @param output how the result is quantized
 * @param variables whether its tensors are variables of a graph instead of arrays
 * @param alpha the alpha of its {@code @SmoothQuant}; off if it has none
 * @param recipe the recipe on the class
 */
public record LayerModel(
    Subject subject,
    LayerShape shape,
    List<TensorModel> tensors,
    List<ArgumentModel> arguments,
    List<TypeName> constructorThrows,
    Optional<ForwardModel> forward,
    Optional<BackwardModel> backward,
    Optional<QuantDescriptor> output,
    boolean variables,
    Alpha alpha,
    Optional<ClassName> recipe) {
  /** Returns the hooked inputs. */
  public List<TensorModel> inputs() {
    return forward.map(ForwardModel::inputs).orElse(List.of());
  }

  /** Returns the constructor's argument of a name. */
  public Optional<ArgumentModel> argument(String name) {
    return arguments.stream().filter(argument -> argument.name().equals(name)).findFirst();
  }

  /** Returns whether the wrapper can hold packed weights, which it unpacks for each call. */
  public boolean unpacksWeights() {
    return !variables
        && !(shape instanceof LayerShape.Rebuilt)
        && forward.isPresent()
        && tensors.stream().anyMatch(tensor -> tensor.kind() == TensorKind.WEIGHT)
        && tensors.stream().noneMatch(TensorModel::codes);
  }
}
