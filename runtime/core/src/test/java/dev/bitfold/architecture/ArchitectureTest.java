package dev.bitfold.architecture;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaMember;
import com.tngtech.archunit.core.domain.JavaMethodCall;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.domain.JavaType;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTag;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import dev.bitfold.calibration.Calibrators;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.gradient.LearnedRange;
import dev.bitfold.gradient.LearnedStep;
import dev.bitfold.gradient.StraightThrough;
import dev.bitfold.internal.state.Backed;
import dev.bitfold.kernel.Kernels;
import dev.bitfold.kernel.QuantKernels;
import dev.bitfold.quantizer.Quantizer;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Lists the packages of the runtime, what each may use, and what users see of them. */
@AnalyzeClasses(packages = "dev.bitfold", importOptions = ImportOption.DoNotIncludeTests.class)
@ArchTag("any-jdk")
class ArchitectureTest {
  private static final Rooms ROOMS =
      Rooms.of(
          """
          annotations          | | jspecify
          descriptor           | annotations | jspecify
          internal.graph       | descriptor | jspecify
          kernel               | annotations | slf4j jspecify
          kernel.reference     | annotations kernel | jspecify
          kernel.cpu           | annotations kernel | javacpp jspecify
          kernel.vector        | annotations kernel kernel.cpu | javacpp jspecify vector
          tensor               | | nd4j javacpp jspecify
          layer                | annotations descriptor | nd4j samediff jspecify
          quantizer.scale      | annotations descriptor kernel tensor | nd4j jspecify
          quantizer            | annotations descriptor kernel tensor quantizer.scale | nd4j jspecify
          calibration          | annotations descriptor kernel tensor quantizer | nd4j jspecify
          gradient             | annotations descriptor kernel tensor quantizer | nd4j jspecify
          internal.distortion  | tensor calibration | nd4j jspecify
          internal.state       | annotations descriptor kernel tensor quantizer calibration layer | nd4j samediff jspecify guava
          internal.replay      | annotations descriptor kernel tensor quantizer calibration layer internal.distortion internal.state | nd4j javacpp jspecify
          internal.training    | annotations descriptor kernel tensor quantizer calibration gradient layer internal.state | nd4j jspecify
          storage              | annotations descriptor tensor quantizer.scale quantizer layer internal.state | nd4j jackson jspecify
          smoothquant          | annotations descriptor kernel tensor quantizer calibration layer internal.distortion internal.state internal.replay | nd4j jspecify
          reconstruction       | annotations descriptor kernel tensor quantizer.scale quantizer calibration layer internal.state internal.replay | nd4j jspecify
          diagnosis            | annotations descriptor kernel tensor quantizer calibration layer internal.distortion internal.state internal.replay storage smoothquant reconstruction | nd4j jackson slf4j jspecify
          tuning               | annotations descriptor kernel tensor quantizer calibration layer internal.distortion internal.state internal.replay smoothquant reconstruction diagnosis | math3 nd4j slf4j jspecify
          (root)               | annotations descriptor kernel tensor quantizer calibration layer internal.state internal.replay internal.training storage smoothquant reconstruction diagnosis tuning | nd4j slf4j jspecify
          """);

  @ArchTest
  static void everyRoomUsesOnlyWhatItMay(JavaClasses classes) {
    ROOMS.check(classes);
  }

  @ArchTest
  static final ArchRule noReflection =
      noClasses()
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("java.lang.reflect..")
          .orShould()
          .callMethod(Class.class, "forName", String.class);

  /**
   * Classes of rooms that users open which are not for users: the states call them across rooms,
   * and exporters read them.
   */
  private static final Set<String> ENGINES =
      Set.of(
          "dev.bitfold.diagnosis.ComparisonRun",
          "dev.bitfold.diagnosis.DiagnosisRun",
          "dev.bitfold.diagnosis.Packing",
          "dev.bitfold.diagnosis.SummaryBuilder",
          "dev.bitfold.reconstruction.ReconstructionRun",
          "dev.bitfold.reconstruction.WeightScales",
          "dev.bitfold.smoothquant.FoldResolver",
          "dev.bitfold.smoothquant.SmoothQuantRun",
          "dev.bitfold.smoothquant.SmoothedLayers",
          "dev.bitfold.smoothquant.Unsmoothed",
          "dev.bitfold.storage.Checkpoint",
          "dev.bitfold.storage.Schema",
          "dev.bitfold.storage.StateFile",
          "dev.bitfold.tuning.Adviser",
          "dev.bitfold.tuning.AllocationRun",
          "dev.bitfold.tuning.BiasCorrection",
          "dev.bitfold.tuning.Corrections",
          "dev.bitfold.tuning.SensitivityRun");

  @ArchTest
  static void whatUsersOpenShowsNoInternals(JavaClasses classes) {
    Set<String> showing = new TreeSet<>();
    for (JavaClass type : classes) {
      if (isInternal(type) || !isPublic(type)) {
        continue;
      }
      Stream<JavaType> shown =
          Stream.of(
                  type.getSuperclass().stream()
                      .filter(parent -> !parent.toErasure().isEquivalentTo(Backed.class)),
                  type.getInterfaces().stream(),
                  type.getFields().stream()
                      .filter(ArchitectureTest::isVisible)
                      .map(f -> f.getType()),
                  type.getCodeUnits().stream()
                      .filter(ArchitectureTest::isVisible)
                      .flatMap(
                          unit ->
                              Stream.concat(
                                  Stream.of(unit.getReturnType()),
                                  unit.getParameterTypes().stream())))
              .flatMap(types -> types);
      if (shown
          .flatMap(t -> t.getAllInvolvedRawTypes().stream())
          .anyMatch(ArchitectureTest::isInternal)) {
        showing.add(outermost(type).getName());
      }
    }
    assertEquals(new TreeSet<>(ENGINES), showing);
  }

  private static boolean isInternal(JavaClass type) {
    return type.getPackageName().startsWith("dev.bitfold.internal");
  }

  private static JavaClass outermost(JavaClass type) {
    return type.getEnclosingClass().map(ArchitectureTest::outermost).orElse(type);
  }

  private static boolean isPublic(JavaClass type) {
    return type.getModifiers().contains(JavaModifier.PUBLIC)
        && type.getEnclosingClass().map(ArchitectureTest::isPublic).orElse(true);
  }

  /** A protected member of a final class is seen by nobody else. */
  private static boolean isVisible(JavaMember member) {
    return member.getModifiers().contains(JavaModifier.PUBLIC);
  }

  /** Factories that choose kernels by themselves, for whoever has no plan. */
  private static final Set<String> FACTORIES =
      Stream.of(
              Quantizer.class,
              Calibrators.class,
              StraightThrough.class,
              LearnedStep.class,
              LearnedRange.class)
          .map(Class::getName)
          .collect(Collectors.toSet());

  @ArchTest
  static final ArchRule whatFollowsFromAPlanHasItsKernels =
      noClasses()
          .that()
          .resideInAnyPackage(
              "dev.bitfold",
              "dev.bitfold.internal..",
              "dev.bitfold.smoothquant",
              "dev.bitfold.reconstruction",
              "dev.bitfold.diagnosis",
              "dev.bitfold.tuning",
              "dev.bitfold.storage")
          .should()
          .callMethodWhere(
              DescribedPredicate.describe(
                  "it asks for the active kernels", ArchitectureTest::asksForKernels));

  private static boolean asksForKernels(JavaMethodCall call) {
    String owner = call.getTargetOwner().getName();
    if (owner.equals(Kernels.class.getName()) && call.getName().equals("active")) {
      String origin = call.getOrigin().getFullName();
      return !origin.startsWith("dev.bitfold.Plan.of(")
          && !origin.startsWith("dev.bitfold.Quantized.load(");
    }
    List<String> parameters =
        call.getTarget().getRawParameterTypes().stream().map(JavaClass::getName).toList();
    return FACTORIES.contains(owner)
        && parameters.contains(QuantDescriptor.class.getName())
        && !parameters.contains(QuantKernels.class.getName());
  }
}
