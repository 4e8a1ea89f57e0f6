package dev.bitfold.processor.lang;

import java.util.HashSet;
import java.util.Set;
import javax.lang.model.element.Element;
import javax.lang.model.element.NestingKind;
import javax.lang.model.element.TypeElement;
import org.jspecify.annotations.Nullable;

/** Knows the classes that are being compiled. All other classes come from class files. */
public final class SourceTypes {
  private final Set<String> names = new HashSet<>();

  /** Adds the classes of a round. */
  public void add(Iterable<? extends Element> roots) {
    for (Element root : roots) {
      if (root instanceof TypeElement type) {
        names.add(type.getQualifiedName().toString());
      }
    }
  }

  /** Returns whether a top-level class of this name is being compiled. */
  public boolean containsTopLevel(String qualifiedName) {
    return names.contains(qualifiedName);
  }

  /**
   * Returns whether a class of this name would have the name of a package that is being compiled.
   */
  public boolean containsPackage(String qualifiedName) {
    return names.stream().anyMatch(name -> name.startsWith(qualifiedName + "."));
  }

  /** Returns whether an element's class is being compiled. */
  public boolean contains(Element element) {
    TypeElement top = null;
    for (@Nullable Element e = element; e != null; e = e.getEnclosingElement()) {
      if (e instanceof TypeElement type && type.getNestingKind() == NestingKind.TOP_LEVEL) {
        top = type;
      }
    }
    return top != null && names.contains(top.getQualifiedName().toString());
  }
}
