package dev.bitfold.cuda.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.cuda.standin.Child;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Checks the effect of {@code -Dbitfold.device} on a separate program, and the line that reports
 * it.
 */
@Tag("slow")
class ChosenAtStartTest {
  private static final String STAND_IN =
      "-Dbitfold.cuda.driver=" + System.getProperty("bitfold.cuda.driver", "");

  private static Child.Result show(String... options) throws Exception {
    return Child.java(List.of(options), List.of(ShowKernels.class.getName()));
  }

  private static void cpu(Child.Result result, String because) {
    assertEquals(List.of("kernels cpu amax 3.0", "kernels cpu amax 3.0"), result.out());
    List<String> logged =
        result.err().stream().filter(line -> line.contains("Bitfold kernels: ")).toList();
    assertEquals(1, logged.size(), logged.toString());
    assertTrue(logged.get(0).contains("Bitfold kernels: cpu; the cuda kernels are " + because));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "cuda", "cuda:0"})
  void withoutADriverTheCpuIsUsedAndOneLineSaysWhy(String device) throws Exception {
    cpu(
        show("-Dbitfold.device=" + device, "-Dbitfold.cuda.driver=/nowhere/libcuda.so.1"),
        "not usable: there is no driver /nowhere/libcuda.so.1");
  }

  @Test
  void aLibraryThatIsNoDriverIsNamedWithTheReason() throws Exception {
    cpu(
        show("-Dbitfold.device=cuda", "-Dbitfold.cuda.driver=/etc/passwd"),
        "not usable: /etc/passwd cannot be used as a driver (");
  }

  @ParameterizedTest
  @ValueSource(strings = {"cuda:7", "cuda:99999"})
  void aDeviceThatIsNotThereIsNamed(String device) throws Exception {
    cpu(
        show("-Dbitfold.device=" + device, STAND_IN),
        "not usable: there is no device " + device + "; there are cuda:0 to cuda:0");
  }

  @Test
  void theDeviceCanBeTurnedOff() throws Exception {
    cpu(show("-Dbitfold.device=cpu", STAND_IN), "not used, because bitfold.device=cpu");
  }

  @ParameterizedTest
  @CsvSource({"cuda, cuda", "cuda:0, cuda", "'', 'cpu, CUDA for large candidate scans'"})
  void aDeviceThatIsThereIsUsed(String device, String kernels) throws Exception {
    Child.Result result = show("-Dbitfold.device=" + device, STAND_IN);
    String line = "kernels " + kernels + " amax 3.0";
    assertEquals(List.of(line, line), result.out());
    assertTrue(
        result.err().stream().anyMatch(l -> l.contains("Bitfold kernels: " + kernels)),
        result.err().toString());
  }

  @ParameterizedTest
  @ValueSource(strings = {"cuda:x", "gpu", "cuda:", "cuda:-1", "CUDA"})
  void whatCannotBeReadIsSaidEachTime(String device) throws Exception {
    Child.Result result = show("-Dbitfold.device=" + device, STAND_IN);
    String line =
        "refused java.lang.IllegalArgumentException: bitfold.device="
            + device
            + " is not cpu, cuda or cuda:n";
    assertEquals(List.of(line, line), result.out());
  }

  @Test
  void kernelsThatAreAskedForAndCannotBeUsedAreRefused() throws Exception {
    Child.Result result =
        show("-Dbitfold.kernels=cuda", "-Dbitfold.cuda.driver=/nowhere/libcuda.so.1");
    String line =
        "refused java.lang.IllegalArgumentException: the cuda kernels are not usable: there is no"
            + " driver /nowhere/libcuda.so.1";
    assertEquals(List.of(line, line), result.out());
  }
}
