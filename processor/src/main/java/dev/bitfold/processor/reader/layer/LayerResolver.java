package dev.bitfold.processor.reader.layer;

import com.palantir.javapoet.ClassName;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.processor.descriptor.QuantizerUse;
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
import dev.bitfold.processor.reader.Mentions;
import dev.bitfold.processor.reader.Recipes;
import dev.bitfold.processor.reader.SubjectReader;
import dev.bitfold.processor.reader.creator.Creator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import javax.lang.model.element.TypeElement;
import javax.lang.model.element.VariableElement;

/** Decides what is generated for a layer class, from its declarations. */
final class LayerResolver {
  private final Language language;
  private final ShapeResolver shapes;

  LayerResolver(Language language) {
    this.language = language;
    this.shapes = new ShapeResolver(language);
  }

  LayerModel resolve(DeclaredLayer layer) {
    TypeElement type = layer.type();
    QuantizerChoice quantizers = new QuantizerChoice(layer);
    Optional<ForwardModel> forward =
        layer.forward().map(declared -> forward(layer, declared, quantizers));
    Optional<QuantDescriptor> output = quantizers.output().flatMap(QuantizerUse::descriptor);
    boolean quantizesActivations =
        output.isPresent() || forward.filter(ForwardModel::quantizesInputs).isPresent();
    LayerShape shape = shapes.resolve(layer, quantizesActivations);
    return new LayerModel(
        SubjectReader.read(
            language,
            type,
            GeneratedNames.wrapper(ClassName.get(language.home(type))),
            mentions(layer, shape)),
        shape,
        layer.tensors().stream().map(tensor -> tensor(tensor, quantizers)).toList(),
        layer.creator().map(creator -> arguments(creator, layer)).orElse(List.of()),
        layer
            .creator()
            .map(creator -> CheckedExceptions.of(language, creator.constructor()))
            .orElse(List.of()),
        forward,
        backward(layer, forward),
        output,
        layer.variables(),
        Recipes.alpha(layer.smoothQuant()),
        layer.recipe().map(used -> ClassName.get(used.recipe().type())));
  }

  private static TensorModel tensor(DeclaredTensor tensor, QuantizerChoice quantizers) {
    Optional<QuantDescriptor> descriptor = quantizers.of(tensor).flatMap(QuantizerUse::descriptor);
    return new TensorModel(
        tensor.name(),
        tensor.kind(),
        tensor.several(),
        tensor.layout(),
        descriptor.map(d -> d.toBuilder().fakeQuant(true).build()),
        descriptor.filter(d -> !d.fakeQuant()).isPresent());
  }

  private ForwardModel forward(
      DeclaredLayer layer, DeclaredForward forward, QuantizerChoice quantizers) {
    return new ForwardModel(
        MethodReader.read(language, layer.type(), forward.method()),
        forward.inputs().stream().map(tensor -> tensor(tensor, quantizers)).toList(),
        layer.scales().stream()
            .filter(DeclaredScale::ofForward)
            .collect(
                Collectors.toMap(DeclaredScale::parameter, DeclaredScale::tensor, (a, b) -> a)),
        forward.returnsTensor());
  }

  private Optional<BackwardModel> backward(DeclaredLayer layer, Optional<ForwardModel> forward) {
    if (layer.backward().isEmpty() || forward.isEmpty()) {
      return Optional.empty();
    }
    MethodModel method = MethodReader.read(language, layer.type(), layer.backward().get().method());
    List<? extends VariableElement> parameters =
        layer.forward().orElseThrow().method().getParameters();
    Map<String, String> inputs = new LinkedHashMap<>();
    for (int i = 0; i < parameters.size(); i++) {
      String name = language.name(parameters.get(i));
      if (forward.get().isInput(name)) {
        inputs.put(method.parameters().get(i).name(), name);
      }
    }
    return Optional.of(new BackwardModel(method, inputs, language.name(parameters.get(0))));
  }

  private static List<ArgumentModel> arguments(Creator creator, DeclaredLayer layer) {
    return creator.arguments().stream()
        .map(
            argument -> {
              Optional<DeclaredTensor> tensor =
                  layer.tensors().stream()
                      .filter(t -> t.name().equals(argument.name()))
                      .findFirst();
              return new ArgumentModel(
                  argument.name(),
                  argument.accessor(),
                  tensor.isPresent(),
                  tensor.filter(DeclaredTensor::several).isPresent(),
                  layer.scales().stream()
                      .filter(scale -> !scale.ofForward())
                      .filter(scale -> scale.parameter().equals(argument.name()))
                      .map(DeclaredScale::tensor)
                      .findFirst());
            })
        .toList();
  }

  /** Returns what the code that is generated for a layer names. */
  private Mentions mentions(DeclaredLayer layer, LayerShape shape) {
    TypeElement type = layer.type();
    Mentions mentions = new Mentions(language, type);
    mentions.subject();
    layer.creator().ifPresent(creator -> creator.mention(mentions, new Members(language, type)));
    WrapperMembers members = new WrapperMembers(language, layer);
    members.methods(shape).forEach(mentions::signature);
    if (shape instanceof LayerShape.Subclass) {
      mentions.supertype(type.asType());
    } else if (shape instanceof LayerShape.Wrapper) {
      members.interfaces().forEach(mentions::supertype);
      new Members(language, type).implemented().keySet().forEach(mentions::member);
    }
    return mentions;
  }
}
