package dev.bitfold.cuda.standin;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import dev.bitfold.kernel.Groups;
import dev.bitfold.kernel.Kernels;
import dev.bitfold.kernel.Source;
import java.nio.FloatBuffer;
import org.junit.jupiter.api.Test;

/** Checks that the tests of the kernels run on the driver that they report. */
class StandInTest {
  @Test
  void kernelsAreTheDevicesAndRunOnTheStandIn() {
    assumeFalse(
        StandInSession.isMissing(), "SKIPPED with all tests of the CUDA kernels: there is no g++");
    assertEquals("cuda", Kernels.active().name());
    long before = StandIn.controls().standin_get("launches");
    float[] amax = new float[1];
    Kernels.active()
        .amax(Source.of(FloatBuffer.wrap(new float[] {1, -3, 2})), Groups.perTensor(3), amax);
    assertEquals(3f, amax[0]);
    assertTrue(StandIn.controls().standin_get("launches") > before);
  }
}
