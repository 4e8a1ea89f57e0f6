package dev.bitfold.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class KernelsTest {
  private static final boolean VECTOR_API =
      ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent();

  /** The tests are run with both: see bitfold.test.tier in the pom. */
  @Test
  void theFastestThatThisJvmCanUseAreActive() {
    assertEquals(System.getProperty("bitfold.test.tier"), VECTOR_API ? "vector" : "cpu");
    assertEquals(VECTOR_API ? "vector" : "cpu", Kernels.active().name());
  }

  @Test
  void allCanBeAskedForByName() {
    for (String name : VECTOR_API ? List.of("cpu", "reference", "vector") : List.of("cpu")) {
      assertEquals(name, Kernels.named(name).name());
    }
  }

  @Test
  void whatCannotBeUsedSaysHowItCould() {
    if (!VECTOR_API) {
      String message =
          String.valueOf(
              assertThrows(IllegalArgumentException.class, () -> Kernels.named("vector"))
                  .getMessage());
      assertTrue(message.contains("--add-modules jdk.incubator.vector"), message);
    }
    String unknown =
        assertThrows(IllegalArgumentException.class, () -> Kernels.named("vectr")).getMessage();
    assertEquals("no kernels named 'vectr'; there are cpu, reference, vector", unknown);
  }

  /** Compiled in a pass of their own, which must leave them in the jar, for JDK 17 and later. */
  @Test
  void theJarHoldsEveryProviderForJdk17() throws IOException {
    String services =
        new String(
            resource("META-INF/services/" + KernelProvider.class.getName()),
            StandardCharsets.UTF_8);
    List<String> names = services.lines().toList();
    assertTrue(names.contains("dev.bitfold.kernel.vector.VectorProvider"), services);
    assertFalse(names.contains(""), services);
    for (String name : names) {
      assertRunsOnJdk17(name);
    }
    assertRunsOnJdk17("dev.bitfold.kernel.vector.VectorKernels");
    assertRunsOnJdk17("dev.bitfold.kernel.vector.FloatMemory");
  }

  private static void assertRunsOnJdk17(String type) throws IOException {
    byte[] bytes = resource(type.replace('.', '/') + ".class");
    try (DataInputStream in = new DataInputStream(new java.io.ByteArrayInputStream(bytes))) {
      assertEquals(0xcafebabe, in.readInt());
      assertEquals(0, in.readUnsignedShort(), "a preview of some JDK: " + type);
      assertEquals(61, in.readUnsignedShort(), type);
    }
  }

  private static byte[] resource(String name) throws IOException {
    try (InputStream in = Kernels.class.getClassLoader().getResourceAsStream(name)) {
      assertTrue(in != null, name);
      return in.readAllBytes();
    }
  }
}
