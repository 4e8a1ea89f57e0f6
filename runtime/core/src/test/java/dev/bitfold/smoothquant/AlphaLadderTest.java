package dev.bitfold.smoothquant;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.descriptor.Alpha;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.DoubleUnaryOperator;
import org.junit.jupiter.api.Test;

/** The order in which candidates are tried. */
class AlphaLadderTest {
  private static final List<Alpha> ALL =
      SmoothQuantOptions.searchAlpha().candidates(Alpha.searched());

  private static List<Integer> tried(
      List<Alpha> candidates, boolean everyOne, DoubleUnaryOperator error) {
    AlphaLadder ladder = new AlphaLadder(candidates, everyOne);
    int most = ladder.most();
    List<Integer> order = new ArrayList<>();
    OptionalInt next = ladder.next();
    while (next.isPresent()) {
      order.add(next.getAsInt());
      OptionalDouble alpha = candidates.get(next.getAsInt()).fixed();
      ladder.tried(
          next.getAsInt(), alpha.isEmpty() ? 0.5 : error.applyAsDouble(alpha.getAsDouble()));
      next = ladder.next();
    }
    assertEquals(order.size(), new HashSet<>(order).size(), "none twice");
    assertEquals(order.stream().sorted().toList(), ladder.indices());
    assertTrue(order.size() <= most, order.size() + " of " + most);
    return order;
  }

  @Test
  void aCurveWithOneValleyIsFollowedToItsBottom() {
    for (int best = 1; best < ALL.size(); best++) {
      double bottom = ALL.get(best).fixed().orElseThrow();
      List<Integer> order = tried(ALL, false, alpha -> Math.abs(alpha - bottom) + 0.01);

      assertTrue(order.contains(best), "alpha " + bottom + " in " + order);
      assertTrue(order.contains(0), "off was tried");
      assertTrue(order.size() <= 11, "tried " + order);
    }
  }

  @Test
  void aSweepTriesEveryCandidate() {
    assertEquals(22, tried(ALL, true, alpha -> alpha).size());
  }

  @Test
  void fewCandidatesAreAllTried() {
    assertEquals(List.of(0), tried(List.of(Alpha.of(0.5)), false, alpha -> alpha));
    List<Alpha> three = List.of(Alpha.off(), Alpha.of(0.2), Alpha.of(0.5));
    assertEquals(Set.of(0, 1), Set.copyOf(tried(three.subList(0, 2), false, alpha -> alpha)));
    assertEquals(3, tried(three, false, alpha -> alpha).size());
  }
}
