package dev.bitfold.cuda.check;

import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import dev.bitfold.cuda.kernel.CudaProvider;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.TagFilter;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;
import org.junit.platform.launcher.listeners.TestExecutionSummary;

/**
 * Runs the golden cases and the property tests where there is no Maven: {@code DeviceTests FILE}.
 * The counts go to the file, a line for each; the exit code is 1 if a test fails, 2 if there is no
 * device.
 */
public final class DeviceTests {
  /** On tests that ask the stand-in, and so cannot run on a device. */
  public static final String NEEDS_STAND_IN = "needs-stand-in";

  private static final String[] CLASSES = {
    "dev.bitfold.golden.GoldenVectorsTest",
    "dev.bitfold.quantizer.KernelsAgreeTest",
    "dev.bitfold.gradient.StraightThroughTest",
    "dev.bitfold.cuda.tensor.QuantizedOnDeviceTest",
    "dev.bitfold.cuda.layers.ElementwiseAndRowsTest",
    "dev.bitfold.cuda.layers.DeviceModelTest",
    "dev.bitfold.cuda.blas.MatrixProductsTest"
  };

  private DeviceTests() {}

  /** Runs them. */
  public static void main(String[] args) throws Exception {
    try {
      System.out.println("the tests run on " + CudaProvider.device());
    } catch (IllegalStateException e) {
      System.err.println(e.getMessage());
      System.exit(2);
    }
    LauncherDiscoveryRequestBuilder request = LauncherDiscoveryRequestBuilder.request();
    for (String name : CLASSES) {
      request.selectors(selectClass(name));
    }
    // What failed in a former run is nothing to a device that is there once.
    request.configurationParameter("jqwik.database", "");
    LauncherDiscoveryRequest chosen =
        request.filters(TagFilter.excludeTags(NEEDS_STAND_IN)).build();
    SummaryGeneratingListener listener = new SummaryGeneratingListener();
    LauncherFactory.create().execute(chosen, listener);
    TestExecutionSummary summary = listener.getSummary();
    summary.printFailuresTo(new PrintWriter(System.out, true, StandardCharsets.UTF_8), 12);
    long failed = summary.getTotalFailureCount();
    long passed = summary.getTestsSucceededCount();
    long skipped = summary.getTestsSkippedCount() + summary.getTestsAbortedCount();
    String counts = "passed\t" + passed + "\nfailed\t" + failed + "\nskipped\t" + skipped + "\n";
    Files.writeString(Path.of(args[0]), counts);
    System.out.print(counts);
    System.exit(failed == 0 && passed > 0 ? 0 : 1);
  }
}
