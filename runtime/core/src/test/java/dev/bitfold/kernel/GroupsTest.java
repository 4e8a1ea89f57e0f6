package dev.bitfold.kernel;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

class GroupsTest {
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Case(long[] shape, int[] blocks) {}

  @Provide
  Arbitrary<Case> cases() {
    Arbitrary<long[]> shapes = Arbitraries.longs().between(1, 7).array(long[].class).ofMaxSize(5);
    return shapes.flatMap(
        shape ->
            Arbitraries.of(1, 2, 3, 5, Groups.WHOLE)
                .array(int[].class)
                .ofSize(shape.length)
                .map(blocks -> new Case(shape, blocks)));
  }

  @Property
  void everyElementIsInTheGroupOfItsBlocks(@ForAll("cases") Case c) {
    Groups groups = Groups.of(c.shape, c.blocks);
    int elements = (int) Arrays.stream(c.shape).reduce(1, (a, b) -> a * b);
    assertEquals(elements, groups.elements());
    float[] ownNumber = numbers(groups);
    float[] expanded = new float[elements];
    groups.expand(ownNumber, 0, elements, expanded);
    for (int i = 0; i < elements; i++) {
      int expected = groupOf(c, i);
      assertEquals(expected, groups.group(i));
      assertEquals(expected, expanded[i]);
      int row = i / groups.columns();
      assertEquals(expected, groups.base(row) + i % groups.columns() / groups.block());
    }
  }

  @Property
  void aStretchIsExpandedAsTheWhole(
      @ForAll("cases") Case c, @ForAll double from, @ForAll double share) {
    Groups groups = Groups.of(c.shape, c.blocks);
    float[] values = numbers(groups);
    int start = (int) (Math.abs(from % 1) * groups.elements());
    int length = (int) (Math.abs(share % 1) * (groups.elements() - start));
    float[] all = new float[groups.elements()];
    groups.expand(values, 0, all.length, all);
    float[] some = new float[length];
    groups.expand(values, start, length, some);
    assertArrayEquals(Arrays.copyOfRange(all, start, start + length), some);
  }

  @Property
  void runsCoverARangeInOrder(@ForAll("cases") Case c, @ForAll double from, @ForAll double share) {
    Groups groups = Groups.of(c.shape, c.blocks);
    int start = (int) (Math.abs(from % 1) * groups.elements());
    int length = (int) (Math.abs(share % 1) * (groups.elements() - start));
    int step = groups.block() == 1 ? 1 : 0;
    int done = 0;
    int last = -1;
    for (Runs runs = groups.runs(start, length); runs.next(); ) {
      assertEquals(done, runs.from());
      assertTrue(runs.length() > 0);
      boolean newRow = (start + done) % groups.columns() == 0;
      assertTrue(newRow || runs.group() != last, "a run that could be longer");
      for (; done < runs.to(); done++) {
        assertEquals(
            groupOf(c, start + done),
            runs.group() + step * (done - runs.from()),
            "element " + done);
      }
      last = runs.group();
    }
    assertEquals(length, done);
  }

  @Test
  void neighbouringAxesAreMerged() {
    assertEquals(1, rows(Groups.of(new long[] {8, 16}, new int[] {1, Groups.WHOLE})));
    assertEquals(1, rows(Groups.of(new long[] {2, 8, 64}, new int[] {1, 1, 32})));
    assertEquals(2, rows(Groups.perIndex(new long[] {2, 3, 4, 5}, 1)));
  }

  @Test
  void tooManyElementsAreRefused() {
    assertThrows(IllegalArgumentException.class, () -> Groups.perTensor(1 << 20, 1 << 20));
  }

  /** Each group's own number. */
  private static float[] numbers(Groups groups) {
    float[] numbers = new float[groups.count()];
    for (int g = 0; g < numbers.length; g++) {
      numbers[g] = g;
    }
    return numbers;
  }

  private static int rows(Groups groups) {
    return groups.elements() / groups.columns();
  }

  /** From the element's indices, one axis at a time. */
  private static int groupOf(Case c, int element) {
    int[] index = new int[c.shape.length];
    int rest = element;
    for (int axis = c.shape.length - 1; axis >= 0; axis--) {
      index[axis] = (int) (rest % c.shape[axis]);
      rest /= (int) c.shape[axis];
    }
    int group = 0;
    for (int axis = 0; axis < index.length; axis++) {
      int blocks = (int) Math.ceil((double) c.shape[axis] / c.blocks[axis]);
      group = group * blocks + index[axis] / c.blocks[axis];
    }
    return group;
  }
}
