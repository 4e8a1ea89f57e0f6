package dev.bitfold.processor.reader.model;

import dev.bitfold.processor.diagnostics.Place;
import dev.bitfold.processor.diagnostics.ProblemId;
import dev.bitfold.processor.diagnostics.Problems;
import dev.bitfold.processor.reader.Declarations;
import java.util.ArrayList;
import java.util.List;
import javax.lang.model.element.TypeElement;

/**
 * Describes a component while it is read.
 *
 * @param model the model class
 * @param name the name of the constructor's parameter
 * @param declarations the places where it is declared
 * @param problems receives what cannot be read
 */
record ComponentSite(TypeElement model, String name, Declarations declarations, Problems problems) {
  /** Returns the same site with problems that are not reported. */
  ComponentSite unseen() {
    return new ComponentSite(model, name, declarations, new Problems());
  }

  /**
   * Reports a problem with the component. The first two arguments are the model and the component's
   * name.
   */
  void report(ProblemId id, Object... more) {
    List<Object> arguments = new ArrayList<>();
    arguments.add(model.getSimpleName());
    arguments.add(name);
    arguments.addAll(List.of(more));
    problems.add(id, Place.at(declarations.first()), arguments.toArray());
  }
}
