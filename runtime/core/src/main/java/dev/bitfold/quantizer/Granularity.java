package dev.bitfold.quantizer;

import dev.bitfold.descriptor.BlockSize;
import dev.bitfold.descriptor.Layout;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.kernel.Groups;
import dev.bitfold.quantizer.scale.Misfit;
import java.util.Arrays;
import java.util.List;

/**
 * Applies a descriptor's granularity to the axes of a tensor. It resolves axis numbers, negative
 * numbers and layout letters for a rank.
 */
final class Granularity {
  private Granularity() {}

  /**
   * Returns how many adjacent elements share a scale along each axis: 1 if the axis keeps scales of
   * its own, {@link Groups#WHOLE} if it shares them.
   *
   * @throws IllegalArgumentException if the rank does not fit the layout, or if an axis does not
   *     fit the rank
   */
  static int[] blocks(QuantDescriptor descriptor, Layout layout, long[] shape) {
    int rank = shape.length;
    if (!layout.fits(rank)) {
      throw Misfit.of(descriptor, shape, "the layout is " + layout);
    }
    int[] blocks = new int[rank];
    if (!descriptor.blockSizes().isEmpty()) {
      blocked(blocks, descriptor.blockSizes(), descriptor, layout, shape);
      return blocks;
    }
    Arrays.fill(blocks, Groups.WHOLE);
    for (int axis : descriptor.axis()) {
      keep(blocks, axis(axis, descriptor, shape), descriptor, shape);
    }
    for (int i = 0; i < descriptor.per().length(); i++) {
      char letter = descriptor.per().charAt(i);
      if (layout.has(letter)) {
        keep(blocks, layout.axis(letter, rank), descriptor, shape);
      } else if (layout.isOpen() && (letter == 'N' || letter == 'T')) {
        Arrays.fill(blocks, 0, rank - layout.namedAxes(), 1);
      }
    }
    return blocks;
  }

  private static void blocked(
      int[] blocks,
      List<BlockSize> sizes,
      QuantDescriptor descriptor,
      Layout layout,
      long[] shape) {
    Arrays.fill(blocks, 1);
    boolean[] seen = new boolean[shape.length];
    for (BlockSize size : sizes) {
      int axis =
          size.along().isEmpty()
              ? axis(size.axis(), descriptor, shape)
              : layout.axis(size.along().charAt(0), shape.length);
      if (seen[axis]) {
        throw Misfit.of(descriptor, shape, "axis " + axis + " is blocked twice");
      }
      seen[axis] = true;
      blocks[axis] = size.size();
    }
  }

  private static void keep(int[] blocks, int axis, QuantDescriptor descriptor, long[] shape) {
    if (blocks[axis] == 1) {
      throw Misfit.of(descriptor, shape, "axis " + axis + " is named twice");
    }
    blocks[axis] = 1;
  }

  private static int axis(int axis, QuantDescriptor descriptor, long[] shape) {
    int rank = shape.length;
    if (axis < -rank || axis >= rank) {
      throw Misfit.of(descriptor, shape, "axis " + axis + " is out of range for rank " + rank);
    }
    return axis < 0 ? axis + rank : axis;
  }
}
