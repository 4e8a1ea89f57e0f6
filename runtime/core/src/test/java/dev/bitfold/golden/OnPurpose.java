package dev.bitfold.golden;

import java.util.Locale;
import java.util.Optional;
import java.util.stream.StreamSupport;
import org.nd4j.shade.jackson.databind.JsonNode;

/** Where the library differs from a peer on purpose; nothing else is forgiven. */
final class OnPurpose {
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
        || (kwargs.path("calib_method").isTextual() && message.contains("calib"))
        || (zeroBlock(kwargs.path("block_sizes")) && message.contains("block"));
  }

  /**
   * Whether the library may accept a descriptor that the peer refuses: one of a format or of blocks
   * that the peer has no code for, and the library has. (Peers differ from each other here: E2M1
   * without dynamic blocks is an error in one and valid in another.)
   */
  static boolean mayAccept(GoldenCase golden) {
    JsonNode kwargs = golden.param("kwargs");
    JsonNode bits = kwargs.path("num_bits").path("tuple");
    boolean ourFormat = bits.size() == 2 && bits.get(0).asInt() + bits.get(1).asInt() <= 7;
    boolean ourBlocks = kwargs.path("block_sizes").path("type").asText().equals("dynamic");
    return golden.op().equals("quant_descriptor") && (ourFormat || ourBlocks);
  }

  private static boolean nonFinite(float[] amax) {
    for (float a : amax) {
      if (!Float.isFinite(a)) {
        return true;
      }
    }
    return false;
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
