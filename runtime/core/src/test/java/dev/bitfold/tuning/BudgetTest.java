package dev.bitfold.tuning;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

class BudgetTest {
  private static void refused(String why, Executable budget) {
    assertEquals(why, assertThrows(IllegalArgumentException.class, budget).getMessage());
  }

  @Test
  void aBudgetIsOfBytesOrOfBits() {
    Budget bytes = Budget.bytes(1);
    assertEquals(OptionalLong.of(1), bytes.bytes());
    assertEquals("1 bytes", bytes.toString());
    assertEquals(List.of(2, 3, 4, 6, 8), bytes.bits());
    Budget bits = Budget.bitsPerWeight(64);
    assertEquals(OptionalDouble.of(64), bits.bitsPerWeight());
    assertEquals("64.00 bits per weight", bits.toString());
    assertTrue(bits.floats());
    Budget some = bits.among(2, 16).withoutFloats();
    assertEquals(List.of(2, 16), some.bits());
    assertFalse(some.floats());
    assertEquals(OptionalDouble.of(64), some.bitsPerWeight());
    String either = "a budget has either bytes or bits per weight";
    refused(either, () -> new Budget(OptionalLong.of(1), OptionalDouble.of(1), List.of(2), true));
    refused(
        either, () -> new Budget(OptionalLong.empty(), OptionalDouble.empty(), List.of(2), true));
  }

  @Test
  void numbersThatCannotBeAreRefused() {
    String limit = "a budget is above 0, and at most 64 bits per weight: ";
    refused(limit + "0 bytes", () -> Budget.bytes(0));
    refused(limit + "0.00 bits per weight", () -> Budget.bitsPerWeight(0));
    refused(limit + "64.01 bits per weight", () -> Budget.bitsPerWeight(64.01));
    refused(limit + "NaN bits per weight", () -> Budget.bitsPerWeight(Double.NaN));
    Budget budget = Budget.bytes(5);
    refused("a budget names at least one number of bits", budget::among);
    for (Integer[] bits : new Integer[][] {{1}, {17}, {4, 4}, {4, 3}, {2, 17}}) {
      refused(
          "bits are between 2 and 16, in ascending order: " + List.of(bits),
          () -> budget.among(bits));
    }
  }
}
