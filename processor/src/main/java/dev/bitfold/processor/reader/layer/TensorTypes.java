package dev.bitfold.processor.reader.layer;

import dev.bitfold.processor.diagnostics.Place;
import dev.bitfold.processor.diagnostics.ProblemId;
import dev.bitfold.processor.diagnostics.Problems;
import dev.bitfold.processor.lang.Language;
import dev.bitfold.processor.reader.TypeText;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import javax.lang.model.element.TypeElement;
import javax.lang.model.type.TypeMirror;

/** Tells layers of arrays, which compute, from those of variables, which build a graph. */
final class TensorTypes {
  private record Found(String name, boolean variable, Place place) {
    String type() {
      return variable ? "an SDVariable" : "an INDArray";
    }
  }

  private final TypeElement type;
  private final Problems problems;

  TensorTypes(TypeElement type, Problems problems) {
    this.type = type;
    this.problems = problems;
  }

  /** Whether a layer is of variables; one that is of both is reported. */
  boolean areVariables(List<DeclaredTensor> tensors, Optional<DeclaredForward> forward) {
    List<Found> found = new ArrayList<>();
    tensors.forEach(t -> found.add(new Found(t.name(), t.variable(), t.place())));
    DeclaredForward.inputs(forward)
        .forEach(t -> found.add(new Found(t.name(), t.variable(), t.place())));
    forward.ifPresent(
        f -> {
          TypeMirror result = f.method().getReturnType();
          if (Language.isTensor(result) || Language.isVariable(result)) {
            found.add(
                new Found(
                    "the result of " + TypeText.signature(f.method()),
                    Language.isVariable(result),
                    Place.at(f.method())));
          }
        });
    if (found.isEmpty()) {
      return false;
    }
    Found first = found.get(0);
    found.stream()
        .filter(other -> other.variable() != first.variable())
        .findFirst()
        .ifPresent(
            other ->
                problems.add(
                    ProblemId.MIXED_TENSORS,
                    other.place(),
                    type.getSimpleName(),
                    other.name(),
                    other.type(),
                    first.name(),
                    first.type()));
    return first.variable();
  }
}
