package dev.bitfold.processor.diagnostics;

import com.sun.source.util.Trees;
import java.util.HashSet;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import javax.annotation.processing.Messager;
import javax.lang.model.element.Element;
import javax.lang.model.element.ElementKind;
import javax.lang.model.element.TypeElement;
import javax.tools.Diagnostic;

/** Prints problems at their places, or at the class if a place is not in a source. */
public final class Reporter {
  private final Messager messager;
  private final Optional<SourceLocator> locator;
  private final Predicate<Element> inSources;

  /**
   * A problem in the list of an interface occurs wherever the interface is used, but is reported
   * once.
   */
  private final Set<Problem> reported = new HashSet<>();

  /**
   * Makes a reporter.
   *
   * @param trees javac's trees, if this is javac; they know places that the messager does not know
   * @param inSources whether an element is being compiled
   */
  public Reporter(Messager messager, Optional<Trees> trees, Predicate<Element> inSources) {
    this.messager = messager;
    this.locator = trees.map(SourceLocator::new);
    this.inSources = inSources;
  }

  /** Prints the problems of a class. */
  public void report(TypeElement type, Problems problems) {
    problems.list().stream().filter(reported::add).forEach(problem -> print(type, problem));
  }

  private void print(TypeElement type, Problem problem) {
    Place place = inSources.test(problem.place().element()) ? problem.place() : Place.at(type);
    boolean printed = locator.isPresent() && locator.get().print(problem.text(), place);
    if (printed) {
      return;
    }
    Element element = visible(place.element());
    String text = problem.text() + whereInRecord(place.element());
    if (place.mirror() == null) {
      messager.printMessage(Diagnostic.Kind.ERROR, text, element);
    } else if (place.value() == null) {
      messager.printMessage(Diagnostic.Kind.ERROR, text, element, place.mirror());
    } else {
      messager.printMessage(Diagnostic.Kind.ERROR, text, element, place.mirror(), place.value());
    }
  }

  /**
   * Returns the place in words, because Eclipse's compiler finds no line for records and their
   * components.
   */
  private static String whereInRecord(Element element) {
    if (element.getKind() == ElementKind.RECORD) {
      return "\n  in record " + element;
    }
    Element around = element.getEnclosingElement();
    boolean member =
        element.getKind().isField() || element.getKind() == ElementKind.RECORD_COMPONENT;
    return member && around != null && around.getKind() == ElementKind.RECORD
        ? "\n  in record " + around + ", component " + element.getSimpleName()
        : "";
  }

  /**
   * Returns the element that compilers know the place of: the field of a record, instead of its
   * component.
   */
  static Element visible(Element element) {
    if (element.getKind() != ElementKind.RECORD_COMPONENT) {
      return element;
    }
    for (Element other :
        Objects.requireNonNull(element.getEnclosingElement()).getEnclosedElements()) {
      if (other.getKind() == ElementKind.FIELD
          && other.getSimpleName().equals(element.getSimpleName())) {
        return other;
      }
    }
    return element;
  }
}
