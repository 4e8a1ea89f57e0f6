package dev.bitfold.architecture;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTag;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/**
 * Checks that annotations depend on nothing, descriptors only on annotations, the structure of
 * files only on descriptors, and that there is no fourth package.
 */
@AnalyzeClasses(packages = "dev.bitfold", importOptions = ImportOption.DoNotIncludeTests.class)
@ArchTag("any-jdk")
class ArchitectureTest {
  private static final String ANNOTATIONS = "dev.bitfold.annotations";
  private static final String DESCRIPTOR = "dev.bitfold.descriptor";
  private static final String GRAPH = "dev.bitfold.internal.graph";

  @ArchTest
  static final ArchRule annotationsStandOnNothing =
      classes()
          .that()
          .resideInAPackage(ANNOTATIONS)
          .should()
          .onlyDependOnClassesThat()
          .resideInAnyPackage(ANNOTATIONS, "java..", "org.jspecify.annotations");

  @ArchTest
  static final ArchRule descriptorsStandOnAnnotations =
      classes()
          .that()
          .resideInAPackage(DESCRIPTOR)
          .should()
          .onlyDependOnClassesThat()
          .resideInAnyPackage(ANNOTATIONS, DESCRIPTOR, "java..", "org.jspecify.annotations");

  @ArchTest
  static final ArchRule theStructureOfFilesStandsOnDescriptors =
      classes()
          .that()
          .resideInAPackage(GRAPH)
          .should()
          .onlyDependOnClassesThat()
          .resideInAnyPackage(GRAPH, DESCRIPTOR, "java..", "org.jspecify.annotations");

  @ArchTest
  static final ArchRule thereIsNoFourthRoom =
      classes().should().resideInAnyPackage(ANNOTATIONS, DESCRIPTOR, GRAPH);
}
