package dev.bitfold.cuda.house;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTag;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import dev.bitfold.descriptor.BitfoldException;

/** Checks that dependencies between the packages of this module point only downwards. */
@AnalyzeClasses(packages = "dev.bitfold.cuda", importOptions = ImportOption.DoNotIncludeTests.class)
@ArchTag("any-jdk")
class ArrowsTest {
  @ArchTest
  static final ArchRule noCycleBetweenPackages =
      slices().matching("dev.bitfold.cuda.(**)").should().beFreeOfCycles();

  @ArchTest
  static final ArchRule theDriverStandsOnNothingOfOursButExceptions =
      only("dev.bitfold.cuda.driver", "dev.bitfold.cuda.driver", "dev.bitfold.descriptor");

  @ArchTest
  static final ArchRule everyExceptionIsABitfoldException =
      classes()
          .that()
          .areAssignableTo(Throwable.class)
          .and()
          .arePublic()
          .should()
          .beAssignableTo(BitfoldException.class);

  @ArchTest
  static final ArchRule launchesKnowNoTensors =
      only(
          "dev.bitfold.cuda.launch",
          "dev.bitfold.cuda.launch",
          "dev.bitfold.cuda.driver",
          "dev.bitfold.kernel",
          "dev.bitfold.annotations");

  @ArchTest
  static final ArchRule kernelsKnowNoTensors =
      only(
          "dev.bitfold.cuda.kernel",
          "dev.bitfold.cuda.kernel",
          "dev.bitfold.cuda.launch",
          "dev.bitfold.cuda.driver",
          "dev.bitfold.kernel",
          "dev.bitfold.annotations");

  @ArchTest
  static final ArchRule productsKnowNoTensors =
      only(
          "dev.bitfold.cuda.blas",
          "dev.bitfold.cuda.blas",
          "dev.bitfold.cuda.kernel",
          "dev.bitfold.cuda.launch",
          "dev.bitfold.cuda.driver",
          "dev.bitfold.kernel");

  @ArchTest
  static final ArchRule tensorsKnowNoLayers =
      only(
          "dev.bitfold.cuda.tensor",
          "dev.bitfold.cuda.tensor",
          "dev.bitfold.cuda.kernel",
          "dev.bitfold.cuda.launch",
          "dev.bitfold.cuda.driver",
          "dev.bitfold.kernel",
          "dev.bitfold.quantizer",
          "dev.bitfold.quantizer.scale",
          "dev.bitfold.tensor");

  /** Of ours, a package uses these only. */
  private static ArchRule only(String room, String... others) {
    return noClasses()
        .that()
        .resideInAPackage(room)
        .should()
        .dependOnClassesThat(
            resideInAPackage("dev.bitfold..").and(not(resideInAnyPackage(others))));
  }
}
