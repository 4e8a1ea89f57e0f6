package dev.bitfold.processor.reader.layer;

import com.palantir.javapoet.ClassName;
import com.palantir.javapoet.TypeName;
import dev.bitfold.annotations.Role;
import dev.bitfold.processor.diagnostics.NearestName;
import dev.bitfold.processor.diagnostics.ProblemId;
import dev.bitfold.processor.diagnostics.Problems;
import dev.bitfold.processor.lang.Language;
import dev.bitfold.processor.lang.Members;
import dev.bitfold.processor.model.ArgumentModel;
import dev.bitfold.processor.model.BackwardModel;
import dev.bitfold.processor.model.ForwardModel;
import dev.bitfold.processor.model.LayerModel;
import dev.bitfold.processor.model.LayerShape;
import dev.bitfold.processor.model.MethodModel;
import dev.bitfold.processor.model.TensorModel;
import dev.bitfold.processor.names.GeneratedNames;
import dev.bitfold.processor.reader.CheckedExceptions;
import dev.bitfold.processor.reader.Eligibility;
import dev.bitfold.processor.reader.Reading;
import dev.bitfold.processor.reader.Recipes;
import dev.bitfold.processor.reader.SubjectReader;
import dev.bitfold.processor.reader.creator.Creator;
import dev.bitfold.processor.reader.creator.CreatorReader;
import dev.bitfold.processor.reader.creator.FinalFields;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import javax.lang.model.element.Element;
import javax.lang.model.element.TypeElement;

/** Reads layer classes. One reader serves one round; a class is read once. */
public final class LayerReader {
  private final Language language;
  private final Recipes recipes;
  private final Map<String, Reading<LayerModel>> known = new HashMap<>();

  /** With the recipes that can stand in for {@code @Quantize}. */
  public LayerReader(Language language, Recipes recipes) {
    this.language = language;
    this.recipes = recipes;
  }

  /** Reads a class. */
  public Reading<LayerModel> read(TypeElement type) {
    String name = type.getQualifiedName().toString();
    Reading<LayerModel> reading = known.get(name);
    if (reading == null) {
      reading = readNew(type);
      known.put(name, reading);
    }
    return reading;
  }

  private Reading<LayerModel> readNew(TypeElement type) {
    Problems problems = new Problems();
    if (!Eligibility.check(language, type, problems)) {
      return new Reading<>(Optional.empty(), problems);
    }
    Members members = new Members(language, type);
    TensorAnnotations annotations = new TensorAnnotations(recipes, problems);
    TensorReader tensorReader = new TensorReader(language, type, annotations, problems);
    List<DeclaredTensor> tensors = tensorReader.read();
    Optional<Creator> creator = new CreatorReader(language, type, members, problems).read();
    QuantizerResolver quantizers = new QuantizerResolver(type, recipes, problems);
    ForwardReader forwards = new ForwardReader(language, type, members, annotations, problems);
    Optional<DeclaredForward> forward = forwards.read();
    if (forward.isEmpty() && quantizers.quantizesOutput()) {
      forward = forwards.readForOutput();
    }
    boolean variables = new TensorTypes(type, problems).areVariables(tensors, forward);
    BackwardReader backwards = new BackwardReader(language, type, problems);
    Optional<DeclaredBackward> backward =
        backwards.read(forwards.methods(), forward, forwards.candidates(), variables);
    if (forward.isEmpty() && backward.isPresent()) {
      forward = Optional.of(forwards.declared(backward.get().forward()));
    }
    List<String> names = new ArrayList<>();
    tensors.forEach(tensor -> names.add(tensor.several() ? tensor.name() + "[0]" : tensor.name()));
    DeclaredForward.inputs(forward).forEach(input -> names.add(input.name()));
    backward.ifPresent(b -> backwards.checkNames(b, names, several(tensors)));
    creator.ifPresent(c -> checkCarried(type, tensors, c, problems));
    creator.ifPresent(
        c -> new FinalFields(language, type, c).check(field -> declares(tensors, field), problems));

    List<TensorModel> resolved = tensors.stream().map(quantizers::resolve).toList();
    Optional<ForwardModel> forwardModel = forward.map(f -> forward(type, f, quantizers));
    boolean hooksOutput = forwardModel.map(ForwardModel::hooksOutput).orElse(false);
    var output = quantizers.output(hooksOutput);
    Set<Role> broken = EnumSet.noneOf(Role.class);
    if (tensorReader.hasBroken()) {
      broken.add(Role.WEIGHT);
    }
    if (forwards.hasBroken()) {
      broken.add(Role.INPUT);
    }
    quantizers.reportUnused(
        broken,
        resolved.stream().anyMatch(t -> t.kind().role().isPresent()),
        !DeclaredForward.inputs(forward).isEmpty());

    LayerModel model =
        new LayerModel(
            SubjectReader.read(
                language,
                type,
                GeneratedNames.wrapper(ClassName.get(type)),
                touched(creator, forward, backward)),
            new LayerShape.Subclass(),
            resolved,
            creator.map(c -> arguments(c, tensors)).orElse(List.of()),
            creator.map(this::checkedExceptions).orElse(List.of()),
            forwardModel,
            backward.map(b -> backward(type, b, forwardModel)),
            output,
            variables,
            Recipes.alpha(quantizers.smoothQuant(), problems),
            quantizers.recipe().map(use -> ClassName.get(use.type())));
    LayerShape shape =
        new ShapeReader(language, type, members, problems)
            .read(model.quantizesActivations(), forward, backward);
    return new Reading<>(Optional.of(model.withShape(shape)), problems);
  }

  private static boolean declares(List<DeclaredTensor> tensors, Element field) {
    return tensors.stream().anyMatch(t -> field.getSimpleName().contentEquals(t.name()));
  }

  private static Set<String> several(List<DeclaredTensor> tensors) {
    return tensors.stream()
        .filter(DeclaredTensor::several)
        .map(DeclaredTensor::name)
        .collect(Collectors.toSet());
  }

  private static void checkCarried(
      TypeElement type, List<DeclaredTensor> tensors, Creator creator, Problems problems) {
    for (DeclaredTensor tensor : tensors) {
      if (!creator.carries(tensor.name())) {
        List<String> parameters = creator.arguments().stream().map(a -> a.name()).toList();
        problems.add(
            ProblemId.TENSOR_NOT_CARRIED,
            tensor.place(),
            type.getSimpleName(),
            "@" + TensorAnnotations.annotation(tensor.kind()).simpleName(),
            tensor.name(),
            NearestName.question(tensor.name(), parameters),
            tensor.variable() ? "SDVariable" : "INDArray");
      }
    }
  }

  private ForwardModel forward(
      TypeElement type, DeclaredForward forward, QuantizerResolver quantizers) {
    return new ForwardModel(
        MethodReader.read(language, type, forward.method()),
        forward.inputs().stream().map(quantizers::resolve).toList(),
        Language.isTensor(forward.method().getReturnType())
            || Language.isVariable(forward.method().getReturnType()));
  }

  private BackwardModel backward(
      TypeElement type, DeclaredBackward backward, Optional<ForwardModel> forward) {
    MethodModel method = MethodReader.read(language, type, backward.method());
    Map<String, String> inputs = new LinkedHashMap<>();
    for (int i = 0; i < backward.forward().getParameters().size(); i++) {
      String name = backward.forward().getParameters().get(i).getSimpleName().toString();
      if (forward.isPresent() && forward.get().isInput(name)) {
        inputs.put(method.parameters().get(i).name(), name);
      }
    }
    String first = backward.forward().getParameters().get(0).getSimpleName().toString();
    return new BackwardModel(method, inputs, first);
  }

  private static List<ArgumentModel> arguments(Creator creator, List<DeclaredTensor> tensors) {
    return creator.arguments().stream()
        .map(
            argument ->
                new ArgumentModel(
                    argument.name(),
                    argument.accessor(),
                    tensors.stream().anyMatch(t -> t.name().equals(argument.name())),
                    tensors.stream()
                        .anyMatch(t -> t.several() && t.name().equals(argument.name()))))
        .toList();
  }

  private List<TypeName> checkedExceptions(Creator creator) {
    return CheckedExceptions.of(language, creator.constructor());
  }

  private static List<Element> touched(
      Optional<Creator> creator,
      Optional<DeclaredForward> forward,
      Optional<DeclaredBackward> backward) {
    List<Element> touched = new ArrayList<>();
    creator.ifPresent(c -> touched.add(c.constructor()));
    forward.ifPresent(f -> touched.add(f.method()));
    backward.ifPresent(b -> touched.add(b.method()));
    return touched;
  }
}
