package dev.bitfold.golden;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.Spliterators;
import java.util.stream.StreamSupport;
import org.nd4j.shade.jackson.databind.JsonNode;

/** Lists where the library differs from a peer on purpose. No other difference is accepted. */
final class OnPurpose {
  private static final List<Integer> E2M1 = List.of(2, 1);
  private static final Set<List<Integer>> DYNAMIC_IN_HEAD =
      Set.of(List.of(5, 2), List.of(3, 2), List.of(2, 3));
  private static final Set<List<Integer>> WITHOUT_A_PART = Set.of(List.of(0, 3), List.of(3, 0));

  /** What the peers know, and what we do. */
  private static final Set<String> CALIBRATORS =
      Set.of("max", "histogram", "percentile", "mse", "entropy", "moving_average");

  private OnPurpose() {}

  /** The tolerance that goes before the operation's own. */
  static Optional<Tolerance> tolerance(GoldenCase golden) {
    boolean otherPeer =
        golden.op().startsWith("scaled_e4m3") && golden.peer().equals("pytorch_quantization");
    return otherPeer ? Optional.of(Tolerance.relative(1e-6)) : Optional.empty();
  }

  /**
   * Whether the library may refuse a case that the peer computes: the case must hold what we
   * refuse, and the message must name it.
   */
  static boolean mayRefuse(GoldenCase golden, Throwable refusal) {
    if (!Refusal.isOurs(refusal)) {
      return false;
    }
    String message = String.valueOf(refusal.getMessage()).toLowerCase(Locale.ROOT);
    if (golden.op().equals("tensor_quant") || golden.op().equals("fake_tensor_quant")) {
      return message.contains("amax") && nonFinite(golden.floats("amax"));
    }
    if (!golden.op().equals("quant_descriptor")) {
      return false;
    }
    JsonNode kwargs = golden.param("kwargs");
    JsonNode bits = kwargs.path("num_bits");
    boolean oneBit = bits.isIntegralNumber() ? bits.asInt() <= 1 : bits.isBoolean();
    return (oneBit && message.contains("bits"))
        || (negative(kwargs.path("amax")) && message.contains("amax"))
        || (unknownCalibrator(kwargs.path("calib_method")) && message.contains("calib"))
        || (zeroBlock(kwargs.path("block_sizes")) && message.contains("block"));
  }

  /**
   * Why the library may accept a descriptor that the peer refuses: the peer has no code for it, and
   * the library has. Empty if it may not.
   */
  static Optional<String> mayAccept(GoldenCase golden) {
    if (!golden.op().equals("quant_descriptor")) {
      return Optional.empty();
    }
    JsonNode kwargs = golden.param("kwargs");
    JsonNode blocks = kwargs.path("block_sizes");
    List<Integer> format = new ArrayList<>();
    kwargs.path("num_bits").path("tuple").forEach(bits -> format.add(bits.asInt()));
    boolean dynamic = blocks.path("type").asText().equals("dynamic");
    if (golden.peer().equals("modelopt_head")) {
      if (!dynamic && DYNAMIC_IN_HEAD.contains(format)) {
        return Optional.of("HEAD has E5M2, E3M2 and E2M3 for dynamic blocks only");
      }
      if (WITHOUT_A_PART.contains(format)) {
        return Optional.of("HEAD's validator refuses E0M3 and E3M0, which its kernel has");
      }
      return dynamic && axes(blocks) > 1
          ? Optional.of("HEAD's kernel has dynamic blocks along the last axis only")
          : Optional.empty();
    }
    if (DYNAMIC_IN_HEAD.contains(format) || format.equals(E2M1)) {
      return Optional.of("the older peers have no float format but E4M3");
    }
    boolean newer =
        blocks.has("type") || blocks.has("scale_bits") || blocks.has("scale_block_sizes");
    return golden.peer().equals("modelopt_0.11") && newer && axes(blocks) > 0
        ? Optional.of("ModelOpt 0.11 has neither dynamic blocks nor scale formats")
        : Optional.empty();
  }

  private static long axes(JsonNode blocks) {
    return StreamSupport.stream(Spliterators.spliteratorUnknownSize(blocks.fieldNames(), 0), false)
        .filter(name -> name.matches("-?\\d+"))
        .count();
  }

  private static boolean nonFinite(float[] amax) {
    for (float a : amax) {
      if (!Float.isFinite(a)) {
        return true;
      }
    }
    return false;
  }

  private static boolean unknownCalibrator(JsonNode method) {
    return method.isTextual() && !CALIBRATORS.contains(method.asText().toLowerCase(Locale.ROOT));
  }

  private static boolean negative(JsonNode amax) {
    return amax.isNumber() ? amax.asDouble() < 0 : any(amax, a -> a.asDouble() < 0);
  }

  private static boolean zeroBlock(JsonNode blocks) {
    return any(blocks, size -> size.isNumber() && size.asInt() <= 0);
  }

  private static boolean any(JsonNode nodes, java.util.function.Predicate<JsonNode> test) {
    return StreamSupport.stream(nodes.spliterator(), false).anyMatch(test);
  }
}
