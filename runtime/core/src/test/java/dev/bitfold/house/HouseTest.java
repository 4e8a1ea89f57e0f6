package dev.bitfold.house;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** The arrows between the rooms point down only. */
@AnalyzeClasses(packages = "dev.bitfold", importOptions = ImportOption.DoNotIncludeTests.class)
class HouseTest {
  @ArchTest
  static final ArchRule noCycleBetweenPackages =
      slices().matching("dev.bitfold.(**)").should().beFreeOfCycles();

  @ArchTest
  static final ArchRule kernelsKnowNothingOfTensorsAndLayers =
      noClasses()
          .that()
          .resideInAPackage("dev.bitfold.kernel..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "org.nd4j..",
              "dev.bitfold",
              "dev.bitfold.layer..",
              "dev.bitfold.internal..",
              "dev.bitfold.quantizer..",
              "dev.bitfold.calibration..",
              "dev.bitfold.smoothquant..");

  @ArchTest
  static final ArchRule theContractOfGeneratedCodeStandsOnAnnotationsAlone =
      noClasses()
          .that()
          .resideInAPackage("dev.bitfold.layer..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "dev.bitfold",
              "dev.bitfold.internal..",
              "dev.bitfold.quantizer..",
              "dev.bitfold.calibration..",
              "dev.bitfold.smoothquant..",
              "dev.bitfold.kernel..");

  @ArchTest
  static final ArchRule numericsKnowNothingOfLayersAndStates =
      noClasses()
          .that()
          .resideInAnyPackage(
              "dev.bitfold.quantizer..", "dev.bitfold.calibration..", "dev.bitfold.gradient..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("dev.bitfold", "dev.bitfold.layer..", "dev.bitfold.internal..");

  @ArchTest
  static final ArchRule annotationsStandOnNothing =
      noClasses()
          .that()
          .resideInAPackage("dev.bitfold.annotations..")
          .should()
          .dependOnClassesThat()
          .resideOutsideOfPackages("dev.bitfold.annotations..", "java..", "org.jspecify..");

  @ArchTest
  static final ArchRule noReflection =
      noClasses()
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("java.lang.reflect..")
          .orShould()
          .callMethod(Class.class, "forName", String.class);
}
