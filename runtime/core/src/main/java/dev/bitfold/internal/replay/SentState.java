package dev.bitfold.internal.replay;

import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.internal.state.CalibratedScale;
import dev.bitfold.internal.state.State;
import dev.bitfold.tensor.DenseFloats;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.Serial;
import java.io.Serializable;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Carries a state to other machines. A state with packed weights is refused. */
public final class SentState implements Serializable {
  @Serial private static final long serialVersionUID = 1;

  private transient State state;

  public SentState(State state) {
    if (!state.packed().isEmpty()) {
      throw new IllegalArgumentException("a state with packed weights is not sent");
    }
    this.state = state;
  }

  public State state() {
    return state;
  }

  @Serial
  private void writeObject(ObjectOutputStream out) throws IOException {
    out.defaultWriteObject();
    out.writeInt(state.descriptors().size());
    for (Map.Entry<String, QuantDescriptor> descriptor : state.descriptors().entrySet()) {
      out.writeUTF(descriptor.getKey());
      out.writeObject(new HashMap<>(descriptor.getValue().toMap()));
    }
    out.writeInt(state.scales().size());
    for (Map.Entry<String, CalibratedScale> scale : state.scales().entrySet()) {
      out.writeUTF(scale.getKey());
      write(out, scale.getValue());
    }
    write(out, state.preQuantScales());
    write(out, state.tensors());
    Map<String, INDArray> replaced = new LinkedHashMap<>();
    state.replaced().forEach((path, own) -> own.ifPresent(x -> replaced.put(path, x)));
    write(out, replaced);
    out.writeInt(state.replaced().size());
    for (String path : state.replaced().keySet()) {
      out.writeUTF(path);
    }
  }

  @Serial
  private void readObject(ObjectInputStream in) throws IOException, ClassNotFoundException {
    in.defaultReadObject();
    Map<String, QuantDescriptor> descriptors = new LinkedHashMap<>();
    for (int i = in.readInt(); i > 0; i--) {
      String path = in.readUTF();
      @SuppressWarnings("unchecked") // as written
      Map<String, Object> map = (Map<String, Object>) in.readObject();
      descriptors.put(path, QuantDescriptor.fromMap(map));
    }
    Map<String, CalibratedScale> scales = new LinkedHashMap<>();
    for (int i = in.readInt(); i > 0; i--) {
      scales.put(in.readUTF(), readScale(in));
    }
    Map<String, INDArray> preQuantScales = readTensors(in);
    Map<String, INDArray> tensors = readTensors(in);
    Map<String, INDArray> held = readTensors(in);
    Map<String, Optional<INDArray>> replaced = new LinkedHashMap<>();
    for (int i = in.readInt(); i > 0; i--) {
      String path = in.readUTF();
      replaced.put(path, Optional.ofNullable(held.get(path)));
    }
    state = new State(descriptors, scales, preQuantScales, tensors, Map.of(), replaced);
  }

  private static void write(ObjectOutputStream out, CalibratedScale scale) throws IOException {
    if (scale instanceof CalibratedScale.Range range) {
      out.writeBoolean(true);
      write(out, range.min());
      write(out, range.max());
    } else {
      out.writeBoolean(false);
      write(out, ((CalibratedScale.Amax) scale).amax());
    }
  }

  private static CalibratedScale readScale(ObjectInputStream in) throws IOException {
    return in.readBoolean()
        ? new CalibratedScale.Range(readTensor(in), readTensor(in))
        : new CalibratedScale.Amax(readTensor(in));
  }

  private static void write(ObjectOutputStream out, Map<String, INDArray> tensors)
      throws IOException {
    out.writeInt(tensors.size());
    for (Map.Entry<String, INDArray> tensor : tensors.entrySet()) {
      out.writeUTF(tensor.getKey());
      write(out, tensor.getValue());
    }
  }

  private static Map<String, INDArray> readTensors(ObjectInputStream in) throws IOException {
    Map<String, INDArray> tensors = new LinkedHashMap<>();
    for (int i = in.readInt(); i > 0; i--) {
      tensors.put(in.readUTF(), readTensor(in));
    }
    return tensors;
  }

  /** The order is kept, because a product may have other last bits in another one. */
  private static void write(ObjectOutputStream out, INDArray x) throws IOException {
    out.writeChar(x.ordering());
    Floats.write(out, DenseFloats.of(x, "a tensor").copy(), x.shape());
  }

  private static INDArray readTensor(ObjectInputStream in) throws IOException {
    char order = in.readChar();
    Floats floats = Floats.read(in);
    INDArray x = DenseFloats.array(floats.values(), floats.shape());
    return x.ordering() == order ? x : x.dup(order);
  }
}
