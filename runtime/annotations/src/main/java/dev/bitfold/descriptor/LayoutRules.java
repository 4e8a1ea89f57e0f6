package dev.bitfold.descriptor;

import dev.bitfold.annotations.Role;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Checks the rules for a descriptor on a tensor of a role and layout. */
final class LayoutRules {
  private final List<DescriptorProblem> problems = new ArrayList<>();

  private LayoutRules() {}

  /** Returns the rules that the descriptor breaks on the tensor. */
  static List<DescriptorProblem> check(QuantDescriptor d, Role role, Layout layout) {
    LayoutRules rules = new LayoutRules();
    if (d.amax().size() > 1 && d.perTensor()) {
      rules.broken(
          DescriptorRule.AMAX_COUNT,
          "amax = " + d.amax() + " with one scale per tensor",
          "give one number, or keep the axis that they belong to, such as per = \"O\"");
    }
    rules.layout(d, layout);
    if (rules.problems.isEmpty()) {
      rules.staticToken(d, role, layout);
    }
    return List.copyOf(rules.problems);
  }

  private void broken(DescriptorRule rule, String message, String remedy) {
    problems.add(new DescriptorProblem(rule, message, remedy));
  }

  private void layout(QuantDescriptor d, Layout layout) {
    boolean letters =
        !d.per().isEmpty()
            || d.blockSizes().stream().anyMatch(b -> !b.along().isEmpty())
            || d.scaleBlockSizes().stream().anyMatch(b -> !b.along().isEmpty());
    if (layout.isUnknown()) {
      if (letters) {
        broken(
            DescriptorRule.LETTERS_WITHOUT_LAYOUT,
            "the axes of " + d + " are given by letter, but the tensor has no layout",
            "add one, such as @Weight(layout = \"OI\") or @Input(layout = \"…C\"), or use axis"
                + " numbers");
      }
      return;
    }
    per(d, layout);
    Map<Integer, Integer> kept = new HashMap<>();
    for (int axis : d.axis()) {
      if (outside(axis, layout)) {
        broken(
            DescriptorRule.AXIS_RANK,
            "axis = " + axis + " of a tensor with layout " + layout,
            axes(layout));
        continue;
      }
      // An open layout has no front to count from: there 0 and -2 may be two axes.
      Integer other = kept.putIfAbsent(fromEnd(axis, layout), axis);
      if (other != null) {
        broken(
            DescriptorRule.AXIS_TWICE,
            "axis = "
                + d.axis()
                + ": "
                + other
                + " and "
                + axis
                + " are the same axis of layout "
                + layout,
            "name each axis once");
      }
    }
    Set<Integer> blocked = new HashSet<>();
    for (BlockSize block : d.blockSizes()) {
      int fromEnd = 0;
      if (!block.along().isEmpty()) {
        fromEnd = layout.fromEnd(block.along().charAt(0));
      } else if (!outside(block.axis(), layout)) {
        fromEnd = fromEnd(block.axis(), layout);
      }
      if (fromEnd == 0 && !(layout.isOpen() && block.along().isEmpty() && block.axis() >= 0)) {
        broken(
            DescriptorRule.BLOCK_NOT_IN_LAYOUT,
            "blocks of " + block + " of a tensor with layout " + layout,
            axes(layout));
      } else if (!blocked.add(fromEnd)) {
        broken(
            DescriptorRule.BLOCK_TWICE,
            "blocks of " + block + " and others along the same axis of layout " + layout,
            "block each axis once");
      }
    }
    d.scaleBlockSizes().forEach(block -> scaleBlock(block, blocked, layout));
  }

  /** Checks that scales are adjacent in c order: along the last axis or a blocked one. */
  private void scaleBlock(BlockSize block, Set<Integer> blocked, Layout layout) {
    String message = "scaleBlockSizes of " + block + " of a tensor with layout " + layout;
    int fromEnd = 0;
    if (!block.along().isEmpty()) {
      fromEnd = layout.fromEnd(block.along().charAt(0));
    } else if (!outside(block.axis(), layout)) {
      fromEnd = fromEnd(block.axis(), layout);
    }
    if (fromEnd == 0 && !(layout.isOpen() && block.along().isEmpty() && block.axis() >= 0)) {
      broken(DescriptorRule.SCALE_BLOCKS, message, axes(layout));
    } else if (fromEnd != -1 && !blocked.contains(fromEnd)) {
      broken(
          DescriptorRule.SCALE_BLOCKS,
          message + ", whose blocks are along another axis",
          "the block scales form one row: name the axis of the blocks, or the last axis");
    }
  }

  private void per(QuantDescriptor d, Layout layout) {
    boolean perToken =
        d.per().equals("NT") && (layout.has('N') || layout.has('T') || layout.isOpen());
    for (char letter : d.per().toCharArray()) {
      if (!layout.has(letter) && !perToken) {
        broken(
            DescriptorRule.PER_NOT_IN_LAYOUT,
            "per = \"" + d.per() + "\": a tensor with layout " + layout + " has no axis " + letter,
            axes(layout));
      }
    }
  }

  private static boolean outside(int axis, Layout layout) {
    int named = layout.namedAxes();
    return layout.isOpen() ? false : axis < -named || axis >= named;
  }

  /**
   * Returns the axis counted from the end if the layout gives the rank; otherwise the axis itself.
   */
  private static int fromEnd(int axis, Layout layout) {
    return axis < 0 || layout.isOpen() ? axis : axis - layout.namedAxes();
  }

  private static String axes(Layout layout) {
    return layout.isOpen()
        ? "its letters are " + layout
        : "its axes are 0 to " + (layout.namedAxes() - 1) + ", letters " + layout;
  }

  private void staticToken(QuantDescriptor d, Role role, Layout layout) {
    if (role == Role.WEIGHT || d.dynamic()) {
      return;
    }
    String kept = keptTokenAxes(d, layout);
    if (!kept.isEmpty()) {
      broken(
          DescriptorRule.STATIC_TOKEN,
          "a calibrated scale per " + kept + " (" + d + ")",
          "batch and sequence differ from call to call: add dynamic = true, or keep other axes");
    }
  }

  /** Returns the batch and sequence axes that keep scales of their own, in words; empty if none. */
  private static String keptTokenAxes(QuantDescriptor d, Layout layout) {
    if (d.per().indexOf('N') >= 0 || d.per().indexOf('T') >= 0) {
      return d.per();
    }
    if (layout.isUnknown()) {
      return "";
    }
    Set<Integer> kept = new HashSet<>();
    d.axis().forEach(a -> kept.add(fromEnd(a, layout)));
    if (!d.blockSizes().isEmpty()) {
      return layout.has('N') || layout.has('T') || layout.isOpen() ? "token and block" : "";
    }
    for (char letter : new char[] {'N', 'T'}) {
      if (layout.has(letter) && kept.contains(layout.fromEnd(letter))) {
        return String.valueOf(letter);
      }
    }
    boolean leading =
        layout.isOpen() && kept.stream().anyMatch(a -> a >= 0 || a < -layout.namedAxes());
    return leading ? "leading axis" : "";
  }
}
