package dev.bitfold.golden;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.storage.DescriptorJson;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.nd4j.shade.jackson.core.type.TypeReference;
import org.nd4j.shade.jackson.databind.ObjectMapper;

/** Section h: descriptors, from the peers' keyword arguments as they are. */
final class DescriptorOps {
  private DescriptorOps() {}

  static Map<String, GoldenOp> ops() {
    return Map.of("quant_descriptor", DescriptorOps::descriptor);
  }

  private static GoldenResult descriptor(GoldenCase golden) {
    Map<String, @Nullable Object> kwargs =
        new ObjectMapper()
            .convertValue(golden.param("kwargs"), new TypeReference<Map<String, Object>>() {});
    QuantDescriptor descriptor = QuantDescriptor.fromMap(kwargs);
    assertEquals(descriptor, QuantDescriptor.fromMap(descriptor.toMap()));
    assertEquals(descriptor, DescriptorJson.read(DescriptorJson.write(descriptor)));
    return GoldenResult.of("valid", true)
        .leaveOut("dict", "the peers' dictionaries lose values")
        .leaveOut("roundtrip_equal", "ours must be equal, theirs need not");
  }
}
