package dev.bitfold.gradient;

import dev.bitfold.kernel.Groups;
import java.util.Arrays;
import java.util.Map;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Holds the checked parameters of one call. Each has one value for each group. */
final class Parameters {
  private final Map<String, INDArray> given;
  private final int groups;

  Parameters(Map<String, INDArray> given, Groups groups) {
    this.given = given;
    this.groups = groups.count();
  }

  /** Returns a parameter as one finite value for each group. */
  float[] finite(String name) {
    float[] values = values(name);
    for (float value : values) {
      if (!Float.isFinite(value)) {
        throw new IllegalArgumentException("parameter " + name + " holds " + value);
      }
    }
    return values;
  }

  /** Returns a parameter that must not be negative. */
  float[] notNegative(String name) {
    float[] values = finite(name);
    for (float value : values) {
      if (value < 0) {
        throw new IllegalArgumentException(
            "parameter " + name + " holds " + value + ": it is not negative");
      }
    }
    return values;
  }

  /** Returns a gradient in the shape of its parameter. */
  INDArray gradient(String name, double[] sums) {
    INDArray parameter = array(name);
    float[] values = new float[Math.toIntExact(parameter.length())];
    if (values.length == 1) {
      values[0] = (float) Arrays.stream(sums).sum();
    } else {
      for (int i = 0; i < values.length; i++) {
        values[i] = (float) sums[i];
      }
    }
    return parameter.rank() == 0
        ? Nd4j.scalar(values[0])
        : Nd4j.create(values, parameter.shape(), 'c');
  }

  INDArray array(String name) {
    return array(given, name);
  }

  static INDArray array(Map<String, INDArray> given, String name) {
    INDArray parameter = given.get(name);
    if (parameter == null) {
      throw new IllegalArgumentException("no parameter " + name + "; given are " + given.keySet());
    }
    return parameter;
  }

  private float[] values(String name) {
    INDArray parameter = array(name);
    float[] values = Elements.floats(parameter.castTo(DataType.FLOAT));
    if (values.length == groups) {
      return values;
    }
    if (values.length != 1) {
      throw new IllegalArgumentException(
          "parameter "
              + name
              + " of shape "
              + Arrays.toString(parameter.shape())
              + " for "
              + groups
              + " scales");
    }
    float[] repeated = new float[groups];
    Arrays.fill(repeated, values[0]);
    return repeated;
  }
}
