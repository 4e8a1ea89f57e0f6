package dev.bitfold.processor.reader.layer;

import com.palantir.javapoet.ClassName;
import dev.bitfold.descriptor.Layout;
import dev.bitfold.processor.descriptor.DescriptorReader;
import dev.bitfold.processor.descriptor.QuantizerUse;
import dev.bitfold.processor.diagnostics.ProblemId;
import dev.bitfold.processor.diagnostics.Problems;
import dev.bitfold.processor.lang.AnnotationUse;
import dev.bitfold.processor.lang.Language;
import dev.bitfold.processor.lang.Unresolved;
import dev.bitfold.processor.model.TensorKind;
import dev.bitfold.processor.names.BitfoldNames;
import dev.bitfold.processor.reader.Recipes;
import dev.bitfold.processor.reader.TypeText;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import javax.lang.model.element.Element;
import javax.lang.model.type.ArrayType;
import javax.lang.model.type.DeclaredType;
import javax.lang.model.type.TypeKind;
import javax.lang.model.type.TypeMirror;
import javax.lang.model.type.TypeVariable;
import javax.lang.model.type.WildcardType;

/** Reads what stands on one tensor: its kind, its layout, and quantizers of its own. */
final class TensorAnnotations {
  private static final List<Character> OF_WEIGHTS = List.of('O', 'I');
  private static final List<Character> OF_INPUTS = List.of('N');

  private final Recipes recipes;
  private final Problems problems;

  TensorAnnotations(Recipes recipes, Problems problems) {
    this.recipes = recipes;
    this.problems = problems;
  }

  /** The annotation that makes an element a tensor of a kind. */
  static ClassName annotation(TensorKind kind) {
    return switch (kind) {
      case WEIGHT -> BitfoldNames.WEIGHT;
      case BIAS -> BitfoldNames.BIAS;
      case INPUT -> BitfoldNames.INPUT;
    };
  }

  /** Whether an element carries a quantizer. */
  boolean isQuantized(Element element) {
    return AnnotationUse.find(element, BitfoldNames.QUANTIZE).isPresent()
        || !recipes.on(element).isEmpty();
  }

  /** The first quantizer on an element that has one. */
  AnnotationUse firstQuantizer(Element element) {
    return AnnotationUse.find(element, BitfoldNames.QUANTIZE)
        .orElseGet(() -> recipes.on(element).get(0));
  }

  /** The quantizers on an element, recipes among them. */
  List<QuantizerUse> quantizers(Element element, TensorKind kind) {
    String name = element.getSimpleName().toString();
    List<QuantizerUse> uses = new ArrayList<>();
    for (AnnotationUse use : AnnotationUse.all(element, BitfoldNames.QUANTIZE)) {
      uses.add(DescriptorReader.read(use, name, problems));
    }
    for (AnnotationUse recipe : recipes.on(element)) {
      Recipes.Content content = recipes.used(recipe, problems);
      Optional<QuantizerUse> meant = kind.role().map(content.quantizers()::get);
      if (uses.isEmpty() && meant.isPresent()) {
        uses.add(meant.get());
      } else {
        problems.add(
            ProblemId.MISPLACED,
            recipe.place(),
            recipe.label(),
            uses.isEmpty()
                ? "it has no quantizer for a tensor of this kind"
                : "the tensor has a descriptor already",
            "take it off");
      }
    }
    return uses;
  }

  /**
   * The layout that an annotation gives; empty if it makes no sense, which is then reported.
   *
   * @param name the tensor
   */
  Optional<Layout> layout(AnnotationUse use, TensorKind kind, String name) {
    if (use.value("layout").isPresent() && use.text("layout").isEmpty()) {
      problems.add(
          ProblemId.EMPTY_ELEMENT, use.place("layout"), name, "layout = \"\"", use.label());
    }
    try {
      Layout layout = new Layout(use.text("layout"));
      Optional<Character> foreign =
          (kind == TensorKind.INPUT ? OF_WEIGHTS : OF_INPUTS)
              .stream().filter(layout::has).findFirst();
      if (foreign.isPresent()) {
        problems.add(
            ProblemId.LAYOUT_LETTERS,
            use.place("layout"),
            layout,
            use.label() + " " + name,
            foreign.get(),
            kind == TensorKind.INPUT ? "weights" : "inputs, their batch",
            kind == TensorKind.INPUT
                ? "its channels are C"
                : "its output channels are O or C, its input channels I");
        return Optional.empty();
      }
      return Optional.of(layout);
    } catch (IllegalArgumentException e) {
      problems.add(ProblemId.LAYOUT, use.place("layout"), String.valueOf(e.getMessage()));
      return Optional.empty();
    }
  }

  /** Whether a type is ND4J's array or variable; else the problem is reported. */
  boolean checkType(String name, TypeMirror type, AnnotationUse use) {
    Unresolved.refuse(type);
    if (Language.isTensor(type) || Language.isVariable(type)) {
      return true;
    }
    if (holdsTensors(type)) {
      problems.add(
          ProblemId.NOT_YET,
          use.place(),
          use.label() + " on " + TypeText.withArticle(type) + " (" + name + ")",
          instead(type, use));
    } else {
      problems.add(
          ProblemId.TENSOR_TYPE,
          use.place(),
          name,
          use.label(),
          type,
          BitfoldNames.TENSOR.canonicalName());
    }
    return false;
  }

  /** How to declare what holds tensors. */
  private static String instead(TypeMirror type, AnnotationUse use) {
    if (use.is(BitfoldNames.INPUT)) {
      return "give each tensor a parameter of its own, with its own @Input";
    }
    if (mentions(type, Language::isVariable)) {
      return "declare each SDVariable on its own";
    }
    return type.getKind() == TypeKind.TYPEVAR
        ? "declare it as INDArray"
        : "declare it as List<INDArray> or INDArray[]";
  }

  /** Whether a type is a list or array of tensors. */
  static boolean isSeveral(TypeMirror type) {
    if (type.getKind() == TypeKind.ARRAY) {
      return Language.isTensor(((ArrayType) type).getComponentType());
    }
    return Language.is(type, ClassName.get(List.class))
        && ((DeclaredType) type).getTypeArguments().stream().anyMatch(Language::isTensor);
  }

  private static boolean holdsTensors(TypeMirror type) {
    return mentions(type, t -> Language.isTensor(t) || Language.isVariable(t) || isRawList(t));
  }

  /** What a raw list holds is not said; somebody who marks it means tensors. */
  private static boolean isRawList(TypeMirror type) {
    return Language.is(type, ClassName.get(List.class))
        && ((DeclaredType) type).getTypeArguments().isEmpty();
  }

  private static boolean mentions(TypeMirror type, Predicate<TypeMirror> wanted) {
    if (wanted.test(type)) {
      return true;
    }
    return switch (type.getKind()) {
      case ARRAY -> mentions(((ArrayType) type).getComponentType(), wanted);
      case TYPEVAR -> wanted.test(((TypeVariable) type).getUpperBound());
      case WILDCARD -> {
        TypeMirror bound = ((WildcardType) type).getExtendsBound();
        yield bound != null && mentions(bound, wanted);
      }
      case DECLARED ->
          ((DeclaredType) type).getTypeArguments().stream().anyMatch(t -> mentions(t, wanted));
      default -> false;
    };
  }
}
