package dev.bitfold.internal.replay;

import dev.bitfold.calibration.CalibrationException;
import dev.bitfold.calibration.Forward;
import dev.bitfold.internal.state.Planned;
import dev.bitfold.internal.state.State;
import dev.bitfold.internal.state.Tap;
import dev.bitfold.internal.state.TensorSite;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Tells what the layers of the float model give for a batch in one JVM, by which models that are
 * not the same to the bit everywhere are found.
 *
 * @param share the name of the share that the batch is of
 * @param kept the batch
 * @param layers a fingerprint of each layer's outputs, in the order of the calls
 */
record Witness<B>(String share, KeptBatch<B> kept, Map<String, Long> layers) {
  private static final String OUTPUT = "what the model's own code computes after its layers";

  static <M, B> Witness<B> of(
      Planned<M> model, Forward<? super M, ? super B> forward, String share, KeptBatch<B> kept) {
    Map<String, Long> layers = Collections.synchronizedMap(new LinkedHashMap<>());
    Tap tap =
        new Tap() {
          @Override
          public INDArray output(TensorSite site, INDArray y) {
            if (y.dataType().isFPType()) {
              layers.merge(site.layer(), Fingerprint.of(y), Long::sum);
            }
            return y;
          }
        };
    M floats = model.rebuild(State.FLOAT, tap);
    INDArray output = NumberedBatches.run(floats, kept.batch(), kept.number(), forward);
    layers.put(OUTPUT, DataPass.fingerprint(output));
    return new Witness<>(share, kept, layers);
  }

  /**
   * Checks that a model gives the same bits for the batch.
   *
   * @param jvm the JVM that this witness is of
   * @throws CalibrationException if it does not; the message names the first layer that differs
   */
  <M> void check(String jvm, Planned<M> model, Forward<? super M, ? super B> forward) {
    Map<String, Long> own = of(model, forward, share, kept).layers();
    for (Map.Entry<String, Long> layer : own.entrySet()) {
      if (!layer.getValue().equals(layers.get(layer.getKey()))) {
        throw new CalibrationException(
            "the model is not the same to the bit everywhere: for batch "
                + kept.number()
                + (share.isEmpty() ? "" : " of " + share)
                + ", "
                + jvm
                + " computes other values than the driver does; the first to differ is "
                + layer.getKey()
                + ". The model's forward must be deterministic, and must not change the batch; all"
                + " machines need the same kind of processor and the same native libraries");
      }
    }
  }

  void writeTo(DataOutput out) throws IOException {
    out.writeUTF(share);
    kept.writeTo(out);
    out.writeInt(layers.size());
    for (Map.Entry<String, Long> layer : layers.entrySet()) {
      out.writeUTF(layer.getKey());
      out.writeLong(layer.getValue());
    }
  }

  static <B> Witness<B> readFrom(DataInput in) throws IOException {
    String share = in.readUTF();
    KeptBatch<B> kept = KeptBatch.readFrom(in);
    Map<String, Long> layers = new LinkedHashMap<>();
    for (int i = in.readInt(); i > 0; i--) {
      layers.put(in.readUTF(), in.readLong());
    }
    return new Witness<>(share, kept, layers);
  }
}
