package dev.bitfold.processor.diagnostics;

import com.sun.source.tree.AnnotationTree;
import com.sun.source.tree.AssignmentTree;
import com.sun.source.tree.ClassTree;
import com.sun.source.tree.ExpressionTree;
import com.sun.source.tree.IdentifierTree;
import com.sun.source.tree.MethodTree;
import com.sun.source.tree.ModifiersTree;
import com.sun.source.tree.NewArrayTree;
import com.sun.source.tree.Tree;
import com.sun.source.tree.VariableTree;
import com.sun.source.util.TreePath;
import com.sun.source.util.Trees;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import javax.lang.model.element.AnnotationMirror;
import javax.lang.model.element.AnnotationValue;
import javax.lang.model.element.Element;
import javax.tools.Diagnostic;

/**
 * Finds places in javac's syntax trees. javac's own messager does not find one of several repeated
 * annotations, or the annotations of record components.
 */
final class SourceLocator {
  private final Trees trees;

  SourceLocator(Trees trees) {
    this.trees = trees;
  }

  /** Prints an error at a place; returns false if the place is not found. */
  boolean print(String text, Place place) {
    TreePath path = trees.getPath(Reporter.visible(place.element()));
    if (path == null) {
      return false;
    }
    Tree tree = path.getLeaf();
    if (place.tree() instanceof Tree inside) {
      tree = inside;
    } else if (place.mirror() != null) {
      Optional<AnnotationTree> annotation = annotation(tree, place.element(), place.mirror());
      if (annotation.isEmpty()) {
        return false;
      }
      tree = annotation.get();
      if (place.value() != null) {
        tree = value(annotation.get(), place.mirror(), place.value());
      }
    }
    trees.printMessage(Diagnostic.Kind.ERROR, text, tree, path.getCompilationUnit());
    return true;
  }

  /** Returns the annotation with the same name and the same index among those of that name. */
  private static Optional<AnnotationTree> annotation(
      Tree declaration, Element element, AnnotationMirror mirror) {
    String name = mirror.getAnnotationType().asElement().getSimpleName().toString();
    int index = 0;
    boolean found = false;
    for (AnnotationMirror other : flat(element)) {
      if (other.equals(mirror)) {
        found = true;
        break;
      }
      if (other.getAnnotationType().asElement().getSimpleName().contentEquals(name)) {
        index++;
      }
    }
    if (!found) {
      return Optional.empty();
    }
    return annotations(declaration).stream()
        .filter(tree -> lastName(tree.getAnnotationType().toString()).equals(name))
        .skip(index)
        .findFirst();
  }

  /** Returns the annotations of an element, with those in containers one by one. */
  private static List<AnnotationMirror> flat(Element element) {
    List<AnnotationMirror> mirrors = new ArrayList<>();
    for (AnnotationMirror mirror : element.getAnnotationMirrors()) {
      List<AnnotationMirror> inside = new ArrayList<>();
      for (AnnotationValue value : mirror.getElementValues().values()) {
        if (value.getValue() instanceof List<?> values) {
          for (Object one : values) {
            if (((AnnotationValue) one).getValue() instanceof AnnotationMirror nested) {
              inside.add(nested);
            }
          }
        }
      }
      boolean container = mirror.getElementValues().size() == 1 && !inside.isEmpty();
      mirrors.addAll(container ? inside : List.of(mirror));
    }
    return mirrors;
  }

  private static List<AnnotationTree> annotations(Tree declaration) {
    return modifiers(declaration)
        .<List<AnnotationTree>>map(m -> List.copyOf(m.getAnnotations()))
        .orElse(List.of());
  }

  private static Optional<ModifiersTree> modifiers(Tree declaration) {
    if (declaration instanceof ClassTree type) {
      return Optional.of(type.getModifiers());
    } else if (declaration instanceof MethodTree method) {
      return Optional.of(method.getModifiers());
    } else if (declaration instanceof VariableTree variable) {
      return Optional.of(variable.getModifiers());
    }
    return Optional.empty();
  }

  /** Returns the tree of the value of an annotation's element, or of one value in its array. */
  private static Tree value(
      AnnotationTree annotation, AnnotationMirror mirror, AnnotationValue value) {
    for (var entry : mirror.getElementValues().entrySet()) {
      if (entry.getValue().getValue() instanceof List<?> values && values.contains(value)) {
        Tree array = value(annotation, entry.getKey().getSimpleName().toString());
        return array instanceof NewArrayTree several
            ? several.getInitializers().get(values.indexOf(value))
            : array;
      }
    }
    return value(annotation, elementName(mirror, value));
  }

  private static String elementName(AnnotationMirror mirror, AnnotationValue value) {
    for (var entry : mirror.getElementValues().entrySet()) {
      if (entry.getValue().equals(value)) {
        return entry.getKey().getSimpleName().toString();
      }
    }
    return "value";
  }

  /**
   * Returns the tree of the value of an annotation's element; that of the annotation if there is
   * none.
   */
  private static Tree value(AnnotationTree annotation, String element) {
    for (ExpressionTree argument : annotation.getArguments()) {
      if (argument instanceof AssignmentTree assignment
          && assignment.getVariable() instanceof IdentifierTree name
          && name.getName().contentEquals(element)) {
        return assignment.getExpression();
      }
    }
    return element.equals("value") && annotation.getArguments().size() == 1
        ? annotation.getArguments().get(0)
        : annotation;
  }

  private static String lastName(String name) {
    return name.substring(name.lastIndexOf('.') + 1);
  }
}
