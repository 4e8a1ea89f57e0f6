package dev.bitfold.processor.lang;

import com.sun.source.tree.MethodTree;
import com.sun.source.util.Trees;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import javax.lang.model.element.Element;
import javax.lang.model.element.ExecutableElement;
import javax.lang.model.element.Modifier;
import javax.lang.model.element.TypeElement;
import javax.lang.model.util.ElementFilter;
import org.jspecify.annotations.Nullable;

/**
 * Follows the calls of an object's methods to each other, including calls of {@code super}, as far
 * as the compiler shows their bodies.
 */
public final class Recursion {
  private final Language language;
  private final Trees trees;
  private final TypeElement type;

  Recursion(Language language, Trees trees, TypeElement type) {
    this.language = language;
    this.trees = trees;
    this.type = type;
  }

  /**
   * Describes a chain of calls from a method back to itself.
   *
   * @param through the methods in between
   * @param certain false if overloads could not be told apart
   */
  public record Way(List<String> through, boolean certain) {}

  /** Returns a chain of calls from a method back to itself; a certain one if there is one. */
  public Optional<Way> of(ExecutableElement method) {
    return way(method, method, new HashSet<>(), true)
        .or(() -> way(method, method, new HashSet<>(), false));
  }

  private Optional<Way> way(
      ExecutableElement from, ExecutableElement target, Set<Element> seen, boolean certain) {
    MethodTree body = trees.getTree(from);
    Overloads overloads = new Overloads(body);
    for (SelfCalls.Call call : SelfCalls.in(body, true)) {
      List<ExecutableElement> meant = overloads.meant(call, named(call, from));
      if (certain && meant.size() > 1) {
        continue;
      }
      for (ExecutableElement called : meant) {
        if (called.equals(target)) {
          return Optional.of(new Way(List.of(), certain));
        }
        Optional<Way> rest =
            seen.add(called) ? way(called, target, seen, certain) : Optional.empty();
        if (rest.isPresent()) {
          List<String> through = new ArrayList<>(List.of(call.name()));
          through.addAll(rest.get().through());
          return Optional.of(new Way(through, certain));
        }
      }
    }
    return Optional.empty();
  }

  /**
   * Returns a method that calls another one on {@code super}, and so bypasses a subclass that
   * overrides it.
   *
   * @param passed the called method, in the class or its superclasses
   */
  public Optional<ExecutableElement> bypass(ExecutableElement passed) {
    for (TypeElement owner : language.chain(type)) {
      for (ExecutableElement method : ElementFilter.methodsIn(owner.getEnclosedElements())) {
        MethodTree body = method.equals(passed) ? null : trees.getTree(method);
        Overloads overloads = new Overloads(body);
        for (SelfCalls.Call call : SelfCalls.in(body, true)) {
          if (call.onSuper()
              && !overrides(passed, method)
              && overloads.meant(call, named(call, method)).stream()
                  .anyMatch(called -> called.equals(passed) || overrides(passed, called))) {
            return Optional.of(method);
          }
        }
      }
    }
    return Optional.empty();
  }

  private boolean overrides(ExecutableElement method, ExecutableElement other) {
    return language.elements().overrides(method, other, type);
  }

  /** Returns the methods that a call's name can mean in a body, with any arguments. */
  private List<ExecutableElement> named(SelfCalls.Call call, ExecutableElement caller) {
    TypeElement owner = Language.owner(caller);
    if (call.onSuper()) {
      return Language.declared(owner.getSuperclass())
          .map(parent -> methods(parent, parent, call.name()))
          .orElse(List.of());
    }
    return methods(type, owner, call.name());
  }

  /**
   * Returns the methods of an object's class, and the private methods of the class that contains
   * the body.
   */
  private List<ExecutableElement> methods(TypeElement of, TypeElement caller, String name) {
    List<ExecutableElement> found = new ArrayList<>();
    for (@Nullable Element member : language.elements().getAllMembers(of)) {
      if (member instanceof ExecutableElement method
          && method.getSimpleName().contentEquals(name)) {
        found.add(method);
      }
    }
    ElementFilter.methodsIn(caller.getEnclosedElements()).stream()
        .filter(method -> method.getSimpleName().contentEquals(name))
        .filter(method -> method.getModifiers().contains(Modifier.PRIVATE))
        .filter(method -> !found.contains(method))
        .forEach(found::add);
    return found;
  }
}
