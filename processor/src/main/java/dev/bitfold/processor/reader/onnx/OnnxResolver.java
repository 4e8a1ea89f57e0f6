package dev.bitfold.processor.reader.onnx;

import com.palantir.javapoet.ClassName;
import dev.bitfold.annotations.Role;
import dev.bitfold.descriptor.Alpha;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.processor.descriptor.QuantizerUse;
import dev.bitfold.processor.lang.AnnotationUse;
import dev.bitfold.processor.lang.Language;
import dev.bitfold.processor.model.OnnxFileModel;
import dev.bitfold.processor.names.GeneratedNames;
import dev.bitfold.processor.reader.Mentions;
import dev.bitfold.processor.reader.Recipes;
import dev.bitfold.processor.reader.SubjectReader;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;

/** Turns a declared file into the model that code is generated from. */
public final class OnnxResolver {
  private final Language language;

  /** Makes a resolver for the language that the interface is declared in. */
  public OnnxResolver(Language language) {
    this.language = language;
  }

  /** Returns the file with what its layers follow. */
  public OnnxFileModel resolve(DeclaredOnnx declared) {
    Mentions mentions = new Mentions(language, declared.type());
    mentions.subject();
    return new OnnxFileModel(
        SubjectReader.read(
            language,
            declared.type(),
            GeneratedNames.quantizer(ClassName.get(declared.type())),
            mentions),
        declared.resource(),
        declared.file().hash(),
        declared.isDefault()
            ? Optional.empty()
            : Optional.of(
                quantizers(declared.byRole(), Recipes.alpha(declared.smoothQuant()), Map.of())),
        declared.rules().stream().map(rule -> rule(declared, rule)).toList(),
        InputNames.of(declared.file().graph().inputs()));
  }

  private static OnnxFileModel.Rule rule(DeclaredOnnx declared, DeclaredNodes rule) {
    Map<Role, QuantizerUse> byRole = rule.byRole(declared.byRole());
    boolean fromDefault = declared.isDefault() && rule.recipe().isEmpty();
    Optional<AnnotationUse> smooth = rule.smoothQuant(declared.smoothQuant());
    Alpha alpha = fromDefault && smooth.isEmpty() ? DefaultQuantizers.ALPHA : Recipes.alpha(smooth);
    return new OnnxFileModel.Rule(
        rule.patterns().stream().map(pattern -> pattern.text().toString()).toList(),
        rule.skip()
            ? Optional.empty()
            : Optional.of(
                quantizers(byRole, alpha, fromDefault ? DefaultQuantizers.BY_ROLE : Map.of())));
  }

  private static OnnxFileModel.Quantizers quantizers(
      Map<Role, QuantizerUse> byRole, Alpha alpha, Map<Role, QuantDescriptor> otherwise) {
    Map<Role, QuantDescriptor> descriptors = new EnumMap<>(Role.class);
    descriptors.putAll(otherwise);
    byRole.forEach((role, use) -> use.descriptor().ifPresent(d -> descriptors.put(role, d)));
    return new OnnxFileModel.Quantizers(descriptors, alpha);
  }
}
