package dev.bitfold.processor.reader.model;

import com.palantir.javapoet.ClassName;
import com.palantir.javapoet.TypeName;
import dev.bitfold.processor.lang.Language;
import dev.bitfold.processor.lang.Members;
import dev.bitfold.processor.model.ComponentModel;
import dev.bitfold.processor.model.ModelModel;
import dev.bitfold.processor.names.GeneratedNames;
import dev.bitfold.processor.reader.CheckedExceptions;
import dev.bitfold.processor.reader.Mentions;
import dev.bitfold.processor.reader.SubjectReader;
import dev.bitfold.processor.reader.creator.Creator;
import java.util.Optional;

/** Decides what is generated for a model class, from its declarations. */
public final class ModelResolver {
  private final Language language;

  /** Makes a resolver for the language that the model is declared in. */
  public ModelResolver(Language language) {
    this.language = language;
  }

  /**
   * Returns the model without components that cannot be read; empty if no constructor rebuilds it.
   */
  public Optional<ModelModel> resolve(DeclaredModel declared) {
    return declared.creation().creator().map(creator -> resolve(declared, creator));
  }

  private ModelModel resolve(DeclaredModel declared, Creator creator) {
    return new ModelModel(
        SubjectReader.read(
            language,
            declared.type(),
            GeneratedNames.quantizer(ClassName.get(language.home(declared.type()))),
            mentions(declared, creator)),
        declared.components().stream()
            .flatMap(component -> argument(declared, component).stream())
            .toList(),
        declared.components().stream().flatMap(component -> fold(component).stream()).toList(),
        CheckedExceptions.of(language, creator.constructor()));
  }

  private Mentions mentions(DeclaredModel declared, Creator creator) {
    Mentions mentions = new Mentions(language, declared.type());
    mentions.subject();
    creator.mention(mentions, new Members(language, declared.type()));
    for (DeclaredComponent component : declared.components()) {
      component.content().ifPresent(content -> mention(mentions, content));
      if (component.content().filter(ModelResolver::isConstant).isPresent()
          && language.nameable(component.type(), declared.type())) {
        mentions.type(component.type());
      }
    }
    return mentions;
  }

  /**
   * Returns whether a constant can hold the component, because the component's type can be named.
   */
  private static boolean isConstant(ComponentModel content) {
    return content.isRebuilt() && !(content instanceof ComponentModel.Model);
  }

  private void mention(Mentions mentions, ComponentModel content) {
    if (content instanceof ComponentModel.ByClass byClass) {
      for (ComponentModel.ByClass.Choice choice : byClass.choices()) {
        if (!(choice.component() instanceof ComponentModel.Layer)) {
          language.find(choice.type()).ifPresent(type -> mentions.type(type.asType()));
        }
      }
    }
    content.parts().forEach(part -> mention(mentions, part));
  }

  private Optional<ModelModel.ComponentArgument> argument(
      DeclaredModel declared, DeclaredComponent component) {
    return component
        .content()
        .map(
            content ->
                new ModelModel.ComponentArgument(
                    component.name(),
                    component.accessor(),
                    Optional.of(component.type())
                        .filter(type -> language.nameable(type, declared.type()))
                        .map(TypeName::get),
                    content));
  }

  private static Optional<ModelModel.Fold> fold(DeclaredComponent component) {
    return component
        .smoothInto()
        .map(use -> new ModelModel.Fold(component.name(), DeclaredComponent.consumers(use)));
  }
}
