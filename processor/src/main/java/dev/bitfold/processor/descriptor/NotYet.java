package dev.bitfold.processor.descriptor;

import dev.bitfold.descriptor.QuantDescriptor;
import java.util.List;
import java.util.function.Function;

/**
 * What the annotations can say and the runtime cannot do yet. Such an element is refused, never
 * ignored. When its runtime lands, its line goes.
 */
final class NotYet {
  private record Refusal(String element, Function<QuantDescriptor, Boolean> asked, String until) {}

  private static final List<Refusal> REFUSALS =
      List.of(
          new Refusal("fakeQuant", d -> !d.fakeQuant(), "quantizers yield fake-quantized values"));

  private NotYet() {}

  static void check(QuantDescriptor descriptor, Refused refused) {
    for (Refusal refusal : REFUSALS) {
      if (refusal.asked().apply(descriptor)) {
        refused.element(refusal.element(), refusal.until());
      }
    }
  }

  /** Told of each refused element. */
  interface Refused {
    void element(String name, String until);
  }
}
