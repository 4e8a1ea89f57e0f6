package dev.bitfold.architecture;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.core.domain.JavaClasses;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * The rooms of a module, each with what it may use: a line {@code room | our rooms | libraries} for
 * each, from the bottom to the top. Rooms are packages without {@code dev.bitfold}.
 */
public final class Rooms {
  private static final Map<String, String> LIBRARIES =
      Map.ofEntries(
          Map.entry("guava", "org.nd4j.shade.guava.."),
          Map.entry("jackson", "org.nd4j.shade.jackson.."),
          Map.entry("javacpp", "org.bytedeco.javacpp.."),
          Map.entry("jspecify", "org.jspecify.annotations"),
          Map.entry("math3", "org.apache.commons.math3.."),
          Map.entry("nd4j", "org.nd4j.linalg.."),
          Map.entry("protobuf", "org.nd4j.shade.protobuf.."),
          Map.entry("samediff", "org.nd4j.autodiff.."),
          Map.entry("scala", "scala.."),
          Map.entry("slf4j", "org.slf4j.."),
          Map.entry("spark", "org.apache.spark.."),
          Map.entry("vector", "jdk.incubator.vector"));

  private record Room(String name, List<String> rooms, List<String> libraries) {
    static Room of(String line) {
      String[] cells = line.split("\\|", -1);
      assertEquals(3, cells.length, line);
      return new Room(
          ours(cells[0].strip()),
          words(cells[1]).map(Room::ours).toList(),
          words(cells[2]).map(word -> LIBRARIES.getOrDefault(word, word)).toList());
    }

    private static Stream<String> words(String cell) {
      return Arrays.stream(cell.strip().split("\\s+", -1)).filter(word -> !word.isEmpty());
    }

    private static String ours(String name) {
      return name.equals("(root)") ? "dev.bitfold" : "dev.bitfold." + name;
    }

    String[] allowed() {
      return Stream.of(List.of(name, "java.."), rooms, libraries)
          .flatMap(List::stream)
          .toArray(String[]::new);
    }
  }

  private final List<Room> all;

  private Rooms(List<Room> all) {
    this.all = all;
  }

  /** Reads a list; a library without a name in this class is written as a package. */
  public static Rooms of(String lines) {
    return new Rooms(lines.lines().map(Room::of).toList());
  }

  /**
   * Checks that every room is in the list, uses only what it may, and of the list what is below;
   * and that every exception users meet is a {@code BitfoldException}.
   */
  public void check(JavaClasses classes) {
    List<String> names = new ArrayList<>();
    for (Room room : all) {
      List<String> above = new ArrayList<>(all.stream().map(Room::name).toList());
      above.removeAll(names);
      above.retainAll(room.rooms());
      assertTrue(above.isEmpty(), room.name() + " may not use " + above);
      names.add(room.name());
      classes()
          .that()
          .resideInAPackage(room.name())
          .should()
          .onlyDependOnClassesThat()
          .resideInAnyPackage(room.allowed())
          .check(classes);
    }
    assertEquals(names.size(), new HashSet<>(names).size(), "each room once");
    classes().should().resideInAnyPackage(names.toArray(new String[0])).check(classes);
    classes()
        .that()
        .areAssignableTo(Throwable.class)
        .and()
        .arePublic()
        .should()
        .beAssignableTo("dev.bitfold.descriptor.BitfoldException")
        .allowEmptyShould(true)
        .check(classes);
    slices().matching("dev.bitfold.(**)").should().beFreeOfCycles().check(classes);
  }
}
