package dev.bitfold.cuda.standin;

import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;
import org.junit.platform.launcher.listeners.TestExecutionSummary;

/** Runs the tests of classes as a build does, and prints how many passed. */
final class CountTests {
  private CountTests() {}

  public static void main(String[] args) {
    LauncherDiscoveryRequestBuilder request = LauncherDiscoveryRequestBuilder.request();
    for (String name : args) {
      request.selectors(selectClass(name));
    }
    SummaryGeneratingListener listener = new SummaryGeneratingListener();
    LauncherFactory.create().execute(request.build(), listener);
    TestExecutionSummary summary = listener.getSummary();
    System.out.println("passed " + summary.getTestsSucceededCount());
    System.out.println("failed " + summary.getTotalFailureCount());
    long skipped = summary.getTestsSkippedCount() + summary.getTestsAbortedCount();
    System.out.println("skipped " + skipped);
  }
}
