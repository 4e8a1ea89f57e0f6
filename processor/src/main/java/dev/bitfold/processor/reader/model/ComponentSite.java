package dev.bitfold.processor.reader.model;

import dev.bitfold.processor.diagnostics.Place;
import dev.bitfold.processor.diagnostics.ProblemId;
import dev.bitfold.processor.diagnostics.Problems;
import dev.bitfold.processor.reader.Declarations;
import java.util.ArrayList;
import java.util.List;
import javax.lang.model.element.TypeElement;

/**
 * A component while it is read.
 *
 * @param model the model class
 * @param name the constructor's parameter
 * @param declarations where it is declared
 * @param problems where what cannot be read is reported
 */
record ComponentSite(TypeElement model, String name, Declarations declarations, Problems problems) {
  /** Returns the same site with problems that nobody sees. */
  ComponentSite unseen() {
    return new ComponentSite(model, name, declarations, new Problems());
  }

  /** Reports a problem of the component; the model's and its name are the first two arguments. */
  void report(ProblemId id, Object... more) {
    List<Object> arguments = new ArrayList<>();
    arguments.add(model.getSimpleName());
    arguments.add(name);
    arguments.addAll(List.of(more));
    problems.add(id, Place.at(declarations.first()), arguments.toArray());
  }
}
