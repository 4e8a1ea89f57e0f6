package dev.bitfold.cuda.standin;

import org.junit.platform.engine.FilterResult;
import org.junit.platform.engine.TestDescriptor;
import org.junit.platform.launcher.LauncherSession;
import org.junit.platform.launcher.LauncherSessionListener;
import org.junit.platform.launcher.PostDiscoveryFilter;

/**
 * Builds the stand-in before the first test, and makes it the driver. {@code
 * -Dbitfold.cuda.driver=PATH} names another driver. Without g++, no test that needs the stand-in
 * runs, and {@link StandInTest} is reported as skipped, with the reason.
 */
public final class StandInSession implements LauncherSessionListener, PostDiscoveryFilter {
  private static boolean missing;

  @Override
  public void launcherSessionOpened(LauncherSession session) {
    prepare();
  }

  private static synchronized void prepare() {
    if (!System.getProperty("bitfold.cuda.driver", "").isEmpty() || missing) {
      return;
    }
    if (StandIn.canBuild()) {
      System.setProperty("bitfold.cuda.driver", StandIn.build().toString());
      return;
    }
    missing = true;
    System.err.println("=".repeat(80));
    System.err.println(
        "  SKIPPED: all tests of the CUDA kernels. They need g++, which is not here.");
    System.err.println("=".repeat(80));
  }

  /** Whether the session runs without the stand-in. */
  static boolean isMissing() {
    return missing;
  }

  @Override
  public FilterResult apply(TestDescriptor test) {
    prepare();
    return FilterResult.includedIf(
        !missing || test.getUniqueId().toString().contains(StandInTest.class.getName()));
  }
}
