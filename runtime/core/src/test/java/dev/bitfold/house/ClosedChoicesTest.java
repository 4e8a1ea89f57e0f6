package dev.bitfold.house;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTag;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import dev.bitfold.descriptor.NumberFormat;
import dev.bitfold.kernel.Grid;
import java.util.List;

/** A new number format or grid must not compile until every place knows it. */
@AnalyzeClasses(packages = "dev.bitfold", importOptions = ImportOption.DoNotIncludeTests.class)
@ArchTag("any-jdk")
class ClosedChoicesTest {
  private static final List<Class<?>> CHOICES = List.of(NumberFormat.class, Grid.class);

  @ArchTest
  static final ArchRule formatsAndGridsAreMatchedNotTested =
      noClasses()
          .should(
              new ArchCondition<JavaClass>("ask by instanceof what match asks") {
                @Override
                public void check(JavaClass in, ConditionEvents events) {
                  in.getInstanceofChecks().stream()
                      .filter(
                          check -> CHOICES.stream().anyMatch(check.getRawType()::isAssignableTo))
                      .forEach(
                          check ->
                              events.add(SimpleConditionEvent.satisfied(in, check.toString())));
                }
              });
}
