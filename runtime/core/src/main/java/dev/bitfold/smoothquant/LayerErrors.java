package dev.bitfold.smoothquant;

import dev.bitfold.calibration.Accumulator;
import dev.bitfold.internal.distortion.Distortion;
import dev.bitfold.internal.distortion.DistortionSum;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Sums the distortion of the outputs of layers. Safe for concurrent use. */
final class LayerErrors implements Accumulator<LayerErrors> {
  private final Map<String, DistortionSum> sums = new ConcurrentHashMap<>();

  /** Returns the sum of a layer. */
  DistortionSum of(String layer) {
    return sums.computeIfAbsent(layer, path -> new DistortionSum());
  }

  void add(String layer, INDArray expected, INDArray actual) {
    of(layer).add(Distortion.of(expected, actual));
  }

  @Override
  public void merge(LayerErrors other) {
    other.sums.forEach((layer, sum) -> of(layer).merge(sum));
  }

  @Override
  public void writeTo(DataOutput out) throws IOException {
    out.writeInt(sums.size());
    for (Map.Entry<String, DistortionSum> one : new TreeMap<>(sums).entrySet()) {
      out.writeUTF(one.getKey());
      one.getValue().writeTo(out);
    }
  }

  @Override
  public void readFrom(DataInput in) throws IOException {
    for (int i = in.readInt(); i > 0; i--) {
      of(in.readUTF()).readFrom(in);
    }
  }
}
