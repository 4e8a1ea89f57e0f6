package dev.bitfold.processor.lang;

import com.sun.source.tree.AnnotationTree;
import com.sun.source.tree.ClassTree;
import com.sun.source.tree.ImportTree;
import com.sun.source.tree.Tree;
import com.sun.source.util.TreeScanner;
import com.sun.source.util.Trees;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Stream;
import javax.lang.model.element.Element;
import javax.lang.model.element.TypeElement;
import org.jspecify.annotations.Nullable;

/**
 * Finds annotations on classes inside of methods. Such classes are not elements of the compiler's
 * language model, which ends at the members of classes.
 */
public final class LocalClasses {
  /** The annotations that stand on many local classes and are never Bitfold's. */
  private static final Set<String> OF_JAVA =
      Set.of("Override", "SuppressWarnings", "Deprecated", "SafeVarargs", "FunctionalInterface");

  private final Language language;
  private final Optional<Trees> trees;

  LocalClasses(Language language, Optional<Trees> trees) {
    this.language = language;
    this.trees = trees;
  }

  /**
   * Describes an annotation on a local class or on one of its members.
   *
   * @param name the annotation's simple name
   * @param owner the name of the class; empty for an anonymous class
   * @param tree javac's tree of the annotation
   */
  public record Use(String name, String owner, Object tree) {}

  /** Returns the first annotation of each local class in the bodies and initializers of a class. */
  public List<Use> in(TypeElement type, Predicate<TypeElement> ours) {
    List<Use> uses = new ArrayList<>();
    ClassTree tree = trees.map(t -> t.getTree(type)).orElse(null);
    if (tree != null) {
      for (Tree member : tree.getMembers()) {
        if (!(member instanceof ClassTree)) {
          classes(member).forEach(local -> annotation(local, type, ours).ifPresent(uses::add));
        }
      }
    }
    return uses;
  }

  private static List<ClassTree> classes(Tree member) {
    List<ClassTree> found = new ArrayList<>();
    new TreeScanner<@Nullable Void, @Nullable Void>() {
      @Override
      public @Nullable Void visitClass(ClassTree local, @Nullable Void unused) {
        found.add(local);
        return super.visitClass(local, null);
      }
    }.scan(member, null);
    return found;
  }

  /**
   * Returns the first of Bitfold's annotations on a class or its members, without the classes
   * inside of it.
   */
  private Optional<Use> annotation(ClassTree local, TypeElement type, Predicate<TypeElement> ours) {
    List<AnnotationTree> found = new ArrayList<>();
    TreeScanner<@Nullable Void, @Nullable Void> scanner =
        new TreeScanner<>() {
          @Override
          public @Nullable Void visitAnnotation(AnnotationTree use, @Nullable Void unused) {
            found.add(use);
            return null;
          }

          @Override
          public @Nullable Void visitClass(ClassTree inner, @Nullable Void unused) {
            return inner == local ? super.visitClass(inner, null) : null;
          }
        };
    scanner.scan(local, null);
    return found.stream()
        .filter(use -> !OF_JAVA.contains(use.getAnnotationType().toString()))
        .filter(use -> named(use, type).anyMatch(ours))
        .findFirst()
        .map(
            use -> {
              String name = use.getAnnotationType().toString();
              return new Use(
                  name.substring(name.lastIndexOf('.') + 1), local.getSimpleName().toString(), use);
            });
  }

  /**
   * Returns the types that an annotation's name may mean at its place, because bodies are not
   * resolved yet.
   */
  private Stream<TypeElement> named(AnnotationTree use, TypeElement type) {
    String name = use.getAnnotationType().toString();
    List<String> names = new ArrayList<>(List.of(name));
    List<String> packages = new ArrayList<>();
    String inPackage = language.packageOf(type);
    packages.add(inPackage.isEmpty() ? "" : inPackage + ".");
    for (ImportTree imported : imports(type)) {
      String text = Objects.toString(imported.getQualifiedIdentifier());
      if (text.endsWith("." + name)) {
        return language.find(text).stream();
      } else if (text.endsWith(".*")) {
        packages.add(text.substring(0, text.length() - 1));
      }
    }
    for (@Nullable Element e = type; e instanceof TypeElement around; e = e.getEnclosingElement()) {
      names.add(around.getQualifiedName() + "." + name);
    }
    packages.forEach(prefix -> names.add(prefix + name));
    return names.stream().flatMap(candidate -> language.find(candidate).stream()).limit(1);
  }

  private List<? extends ImportTree> imports(TypeElement type) {
    return trees
        .map(t -> t.getPath(type))
        .<List<? extends ImportTree>>map(path -> path.getCompilationUnit().getImports())
        .orElse(List.of());
  }
}
