package dev.bitfold.processor;

import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Lists the packages of the processor and what each may use. The test fails for a package that is
 * not listed, for a use that is not listed, and for a listed use that does not occur. Java's own
 * packages and jspecify may be used everywhere, ND4J and the runtime nowhere.
 */
@Tag("any-jdk")
class ArchitectureTest {
  private static final String PROCESSOR = "dev.bitfold.processor";

  private static final String ANNOTATIONS = "dev.bitfold.annotations";
  private static final String DESCRIPTOR_LIBRARY = "dev.bitfold.descriptor";
  private static final String FILE_STRUCTURE = "dev.bitfold.internal.graph";
  private static final String JAVAPOET = "com.palantir.javapoet";
  private static final String ELEMENTS = "javax.lang.model.element";
  private static final String TYPES = "javax.lang.model.type";
  private static final String QUESTIONS = "javax.lang.model.util";
  private static final String PROCESSING = "javax.annotation.processing";
  private static final String TOOLS = "javax.tools";
  private static final String TREES = "com.sun.source.tree";
  private static final String TREE_QUESTIONS = "com.sun.source.util";

  private static final Map<String, Set<String>> MAY_USE = new TreeMap<>();

  static {
    // Words that everything else speaks in.
    room("names", JAVAPOET);
    room("model", ANNOTATIONS, DESCRIPTOR_LIBRARY, JAVAPOET, ELEMENTS);
    room(
        "diagnostics",
        DESCRIPTOR_LIBRARY,
        ELEMENTS,
        TYPES,
        PROCESSING,
        TOOLS,
        TREES,
        TREE_QUESTIONS);

    // The user's code, as the compiler shows it.
    room(
        "lang",
        own("names", "model", "diagnostics"),
        JAVAPOET,
        ELEMENTS,
        TYPES,
        QUESTIONS,
        PROCESSING,
        TREES,
        TREE_QUESTIONS);

    // ONNX files, as the compiler finds them.
    room("onnx", FILE_STRUCTURE, PROCESSING, TOOLS);

    // Reading: from declarations to models.
    room(
        "descriptor",
        own("names", "diagnostics", "lang", "source"),
        ANNOTATIONS,
        DESCRIPTOR_LIBRARY,
        JAVAPOET,
        ELEMENTS);
    room(
        "reader",
        own("names", "model", "diagnostics", "lang", "descriptor"),
        ANNOTATIONS,
        DESCRIPTOR_LIBRARY,
        JAVAPOET,
        ELEMENTS,
        TYPES,
        QUESTIONS);
    room("reader.creator", own("names", "model", "lang", "reader"), ELEMENTS, QUESTIONS);
    room(
        "reader.layer",
        own("names", "model", "diagnostics", "lang", "descriptor", "reader", "reader.creator"),
        ANNOTATIONS,
        DESCRIPTOR_LIBRARY,
        JAVAPOET,
        ELEMENTS,
        TYPES,
        QUESTIONS);
    room(
        "reader.model",
        own("names", "model", "diagnostics", "lang", "reader", "reader.creator", "reader.layer"),
        JAVAPOET,
        ELEMENTS,
        TYPES,
        QUESTIONS);

    room(
        "reader.onnx",
        own("names", "model", "diagnostics", "lang", "descriptor", "onnx", "reader"),
        ANNOTATIONS,
        DESCRIPTOR_LIBRARY,
        FILE_STRUCTURE,
        JAVAPOET,
        ELEMENTS,
        "javax.lang.model");

    // Rules on what was read.
    room(
        "validation.place",
        own("names", "diagnostics", "lang", "reader"),
        JAVAPOET,
        ELEMENTS,
        QUESTIONS);
    room(
        "validation.mixin",
        own("names", "diagnostics", "lang", "reader"),
        DESCRIPTOR_LIBRARY,
        ELEMENTS,
        TYPES,
        QUESTIONS);
    room(
        "validation.creator",
        own("names", "model", "diagnostics", "lang", "reader", "reader.creator"),
        DESCRIPTOR_LIBRARY,
        JAVAPOET,
        ELEMENTS,
        TYPES,
        QUESTIONS);
    room(
        "validation.quantizer",
        own("diagnostics", "lang", "descriptor", "reader"),
        ANNOTATIONS,
        DESCRIPTOR_LIBRARY,
        ELEMENTS);
    room(
        "validation.layer",
        own("names", "model", "diagnostics", "lang", "descriptor"),
        own("reader", "reader.creator", "reader.layer"),
        own("validation.creator", "validation.quantizer"),
        ANNOTATIONS,
        DESCRIPTOR_LIBRARY,
        JAVAPOET,
        ELEMENTS,
        TYPES,
        QUESTIONS);
    room(
        "validation.model",
        own("names", "model", "diagnostics", "lang"),
        own("reader", "reader.creator", "reader.layer", "reader.model"),
        own("validation.creator", "validation.place"),
        DESCRIPTOR_LIBRARY,
        JAVAPOET,
        ELEMENTS,
        TYPES,
        QUESTIONS);
    room(
        "validation.onnx",
        own("names", "diagnostics", "lang", "descriptor", "onnx"),
        own("reader", "reader.onnx", "validation.quantizer"),
        ANNOTATIONS,
        DESCRIPTOR_LIBRARY,
        FILE_STRUCTURE,
        JAVAPOET,
        ELEMENTS,
        QUESTIONS);
    room(
        "validation",
        own("names", "model", "diagnostics", "lang"),
        own("reader", "reader.layer", "reader.model", "reader.onnx"),
        own("validation.layer", "validation.mixin", "validation.model"),
        own("validation.onnx", "validation.place", "validation.quantizer"),
        JAVAPOET,
        ELEMENTS,
        QUESTIONS);

    // From models to files. The generator sees nothing of the compiler but modifiers.
    room("source", JAVAPOET);
    room(
        "generator",
        own("names", "model", "descriptor", "source"),
        ANNOTATIONS,
        DESCRIPTOR_LIBRARY,
        JAVAPOET,
        ELEMENTS);

    // Takes each class from reader to file.
    room(
        "",
        own("model", "diagnostics", "lang", "onnx"),
        own("reader", "reader.layer", "reader.model", "reader.onnx"),
        own("validation", "generator", "source"),
        JAVAPOET,
        ELEMENTS,
        QUESTIONS,
        PROCESSING,
        TOOLS,
        TREE_QUESTIONS,
        "javax.lang.model",
        "com.google.auto.service");
  }

  private static void room(String name, Object... uses) {
    Set<String> packages =
        Arrays.stream(uses)
            .flatMap(use -> use instanceof String[] many ? Arrays.stream(many) : Stream.of(use))
            .map(Object::toString)
            .collect(Collectors.toCollection(TreeSet::new));
    MAY_USE.put(room(name), packages);
  }

  private static String room(String name) {
    return name.isEmpty() ? PROCESSOR : PROCESSOR + "." + name;
  }

  private static String[] own(String... names) {
    return Arrays.stream(names).map(ArchitectureTest::room).toArray(String[]::new);
  }

  private final JavaClasses classes =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages(PROCESSOR);

  @Test
  void eachPackageIsNamedAndUsesWhatItMay() {
    List<String> broken = new ArrayList<>();
    uses()
        .forEach(
            (name, used) -> {
              if (!MAY_USE.containsKey(name)) {
                broken.add(name + " is not named");
              }
              used.stream()
                  .filter(other -> !MAY_USE.getOrDefault(name, Set.of()).contains(other))
                  .forEach(other -> broken.add(name + " may not use " + other));
            });
    assertEquals(List.of(), broken);
  }

  @Test
  void noArrowIsDrawnThatIsNotUsed() {
    Map<String, Set<String>> uses = uses();
    List<String> left = new ArrayList<>();
    MAY_USE.forEach(
        (name, allowed) ->
            allowed.stream()
                .filter(other -> !uses.getOrDefault(name, Set.of()).contains(other))
                .forEach(other -> left.add(name + " does not use " + other)));
    assertEquals(List.of(), left);
  }

  @Test
  void thereIsNoCycleBetweenPackages() {
    slices().matching("dev.bitfold.(**)").should().beFreeOfCycles().check(classes);
  }

  /** The packages that the classes of each package use. */
  private Map<String, Set<String>> uses() {
    Map<String, Set<String>> uses = new TreeMap<>();
    for (JavaClass type : classes) {
      Set<String> of = uses.computeIfAbsent(type.getPackageName(), name -> new TreeSet<>());
      for (Dependency dependency : type.getDirectDependenciesFromSelf()) {
        JavaClass target = dependency.getTargetClass().getBaseComponentType();
        String used = target.getPackageName();
        boolean everywhere = used.startsWith("java.") || used.equals("org.jspecify.annotations");
        if (!target.isPrimitive() && !everywhere && !used.equals(type.getPackageName())) {
          of.add(used);
        }
      }
    }
    return uses;
  }
}
