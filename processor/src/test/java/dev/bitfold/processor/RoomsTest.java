package dev.bitfold.processor;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** The rooms of the processor and the arrows between them. */
@AnalyzeClasses(
    packages = "dev.bitfold.processor",
    importOptions = ImportOption.DoNotIncludeTests.class)
class RoomsTest {
  @ArchTest
  static final ArchRule noCycles =
      slices().matching("dev.bitfold.processor.(*)..").should().beFreeOfCycles();

  @ArchTest
  static final ArchRule theGeneratorSeesOnlyTheModel =
      noClasses()
          .that()
          .resideInAPackage("..processor.generator..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "..processor.reader..",
              "..processor.validation..",
              "..processor.lang..",
              "javax.lang.model.type..",
              "javax.lang.model.util..",
              "javax.annotation.processing..",
              "com.sun.source..");

  @ArchTest
  static final ArchRule readersDoNotGenerate =
      noClasses()
          .that()
          .resideInAnyPackage("..processor.reader..", "..processor.validation..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("..processor.generator..");

  @ArchTest
  static final ArchRule theProcessorNeverSeesTheRuntime =
      noClasses()
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "org.nd4j..", "dev.bitfold", "dev.bitfold.layer..", "dev.bitfold.kernel..");
}
