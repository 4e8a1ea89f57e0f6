package dev.bitfold.cuda.standin;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Checks that without g++, the tests of the kernels are skipped in a way that cannot be overlooked.
 */
class WithoutCompilerTest {
  private static final List<String> TESTS =
      List.of(
          CountTests.class.getName(),
          StandInTest.class.getName(),
          "dev.bitfold.cuda.kernel.BadInputTest",
          "dev.bitfold.cuda.tensor.DeviceTensorTest");

  @Test
  void oneTestIsReportedAsSkippedForAll(@TempDir Path empty) throws Exception {
    Child.Result result = Child.java(List.of(), TESTS, Map.of("PATH", empty.toString()));
    assertEquals(List.of("passed 0", "failed 0", "skipped 1"), result.out());
    assertTrue(
        result.err().stream()
            .anyMatch(line -> line.contains("SKIPPED: all tests of the CUDA kernels")),
        result.err().toString());
  }
}
