package dev.bitfold.golden;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.descriptor.InvalidDescriptorException;
import dev.bitfold.descriptor.QuantDescriptor;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.shade.jackson.databind.ObjectMapper;

/** Checks that the comparison with recorded cases can fail, and says why. */
class GoldenHarnessTest {
  private static GoldenCase golden(String json) {
    try {
      return new GoldenCase("file.json", new ObjectMapper().readTree(json.replace('\'', '"')));
    } catch (java.io.IOException e) {
      throw new IllegalArgumentException(e);
    }
  }

  private static final String TENSOR =
      "{'name':'n','expected':{'y':{'shape':[2,2],'data':[0.1,'NaN','-Infinity',-0.0]}}}";

  @Test
  void valuesAreComparedByValue() {
    float[] y = {0.1f, Float.NaN, Float.NEGATIVE_INFINITY, 0};
    assertDoesNotThrow(
        () ->
            Comparison.check(
                golden(TENSOR), GoldenResult.of("y", Nd4j.createFromArray(y).reshape(2, 2))));
    assertDoesNotThrow(() -> Comparison.check(golden(TENSOR), GoldenResult.of("y", y)));
    failure("expected shape [2, 2], was [4]", GoldenResult.of("y", Nd4j.createFromArray(y)));
    y[3] = Float.MIN_VALUE;
    failure("1 of 4 differ, first at index 3: expected -0.0, was 1.4", GoldenResult.of("y", y));
    y[1] = 0;
    failure("2 of 4 differ, first at index 1: expected NaN, was 0.0", GoldenResult.of("y", y));
    failure("expected 4 values, were 1", GoldenResult.of("y", 0.1f));
  }

  @Test
  void aFieldWithoutResultFails() {
    failure("no result for the expected field y", GoldenResult.of("z", 1));
    assertDoesNotThrow(
        () -> Comparison.check(golden(TENSOR), GoldenResult.none().leaveOut("y", "why")));
  }

  private static void failure(String part, GoldenResult result) {
    String thrown =
        assertThrows(AssertionError.class, () -> Comparison.check(golden(TENSOR), result))
            .toString();
    assertTrue(thrown.contains(part), thrown);
  }

  @Test
  void tolerancesAreRelativeOrAbsolute() {
    assertTrue(Tolerance.relative(0.1).accepts(10, 10.9));
    assertFalse(Tolerance.relative(0.1).accepts(10, 11.1));
    assertTrue(Tolerance.within(0.1, 1).accepts(10, 12));
    assertFalse(Tolerance.within(0.1, 1).accepts(Double.POSITIVE_INFINITY, 1));
    assertFalse(Tolerance.within(0.1, 1).accepts(1, Double.NaN));
  }

  @Test
  void anUnknownOperationFails() {
    String thrown =
        assertThrows(
                AssertionError.class, () -> GoldenVectorsTest.check(golden("{'op':'no_such_op'}")))
            .toString();
    assertTrue(thrown.contains("unknown operation no_such_op"), thrown);
  }

  @Test
  void aRefusalIsExpectedOnlyWhereItIsNamed() {
    RuntimeException bits =
        assertThrows(InvalidDescriptorException.class, () -> QuantDescriptor.bits(1));
    assertTrue(Refusal.isOurs(bits));
    assertTrue(OnPurpose.mayRefuse(descriptor("{'num_bits':1}"), bits));
    assertFalse(OnPurpose.mayRefuse(descriptor("{'num_bits':8}"), bits));
    assertFalse(OnPurpose.mayRefuse(descriptor("{'amax':-1.0}"), bits));
    assertFalse(OnPurpose.mayRefuse(golden("{'op':'fp_cast'}"), bits));
    RuntimeException slipped =
        assertThrows(IllegalArgumentException.class, () -> Integer.decode(""));
    assertFalse(Refusal.isOurs(slipped));
  }

  @Test
  void aKnownCalibratorMayNotBeRefused() {
    RuntimeException calib =
        assertThrows(
            IllegalArgumentException.class,
            () -> QuantDescriptor.fromMap(Map.of("calib", "NONSENSE")));
    assertTrue(OnPurpose.mayRefuse(descriptor("{'calib_method':'nonsense'}"), calib));
    assertFalse(OnPurpose.mayRefuse(descriptor("{'calib_method':'histogram'}"), calib));
  }

  @Test
  void moreThanThePeerIsAcceptedOnlyWhereThePeerHasNoCode() {
    String e5m2 = "{'num_bits':{'tuple':[5,2]}}";
    assertTrue(OnPurpose.mayAccept(by("modelopt_head", e5m2)).isPresent());
    assertTrue(OnPurpose.mayAccept(by("modelopt_0.11", e5m2)).isPresent());
    assertFalse(
        OnPurpose.mayAccept(by("modelopt_head", "{'num_bits':{'tuple':[7,7]}}")).isPresent());
    assertFalse(OnPurpose.mayAccept(by("modelopt_0.11", "{'num_bits':[4,3]}")).isPresent());
    String axis = "{'block_sizes':{'-1':16,'type':'dynamic'},'axis':0}";
    assertFalse(OnPurpose.mayAccept(by("modelopt_head", axis)).isPresent());
  }

  private static GoldenCase by(String peer, String kwargs) {
    return golden(
        "{'op':'quant_descriptor','params':{'peer':'" + peer + "','kwargs':" + kwargs + "}}");
  }

  private static GoldenCase descriptor(String kwargs) {
    return golden("{'op':'quant_descriptor','params':{'kwargs':" + kwargs + "}}");
  }

  @Test
  void thePeersNameIsReadFromWhereItStands() {
    assertEquals(
        "pytorch_quantization", golden("{'params':{'peer':'pytorch-quantization'}}").peer());
    assertEquals("modelopt", golden("{'peer':'modelopt'}").peer());
  }
}
