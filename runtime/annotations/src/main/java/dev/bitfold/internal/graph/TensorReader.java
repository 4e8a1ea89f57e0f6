package dev.bitfold.internal.graph;

import static dev.bitfold.internal.graph.Messages.BYTES;
import static dev.bitfold.internal.graph.Messages.VARINT;

import dev.bitfold.internal.graph.Messages.Field;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Reads names, types and shapes of tensors, whose values are skipped. */
final class TensorReader {
  private static final int AXIS = 1 << 3 | VARINT;
  private static final int AXES = 1 << 3 | BYTES;
  private static final int TYPE = 2 << 3 | VARINT;
  private static final int FLOATS = 4 << 3 | BYTES;
  private static final int FLOAT = 4 << 3 | 5;
  private static final int INT32S = 5 << 3 | BYTES;
  private static final int TEXTS = 6 << 3 | BYTES;
  private static final int INT64S = 7 << 3 | BYTES;
  private static final int NAME = 8 << 3 | BYTES;
  private static final int RAW = 9 << 3 | BYTES;
  private static final int DOUBLES = 10 << 3 | BYTES;
  private static final int DOUBLE = 10 << 3 | 1;
  private static final int UINT64S = 11 << 3 | BYTES;

  private static final int SPARSE_VALUES = 1 << 3 | BYTES;
  private static final int SPARSE_INDICES = 2 << 3 | BYTES;

  private final Messages messages;

  TensorReader(Messages messages) {
    this.messages = messages;
  }

  OnnxTensor read(long end) throws IOException {
    String name = "";
    int type = 0;
    List<Long> shape = new ArrayList<>();
    messages.enter();
    for (Field field = messages.next(end); field != null; field = messages.next(end)) {
      switch (field.key()) {
        case AXIS -> shape.add(messages.integer());
        case AXES -> messages.packed(field, shape);
        case TYPE -> type = (int) messages.integer();
        case NAME -> name = messages.text(field);
        case FLOATS, FLOAT, INT32S, TEXTS, INT64S, RAW, DOUBLES, DOUBLE, UINT64S ->
            messages.skip(field);
        default -> messages.pass(field);
      }
    }
    return new OnnxTensor(name, type, shape);
  }

  /** Returns the name of a sparse tensor, which is that of its values. */
  String sparse(long end) throws IOException {
    String name = "";
    messages.enter();
    for (Field field = messages.next(end); field != null; field = messages.next(end)) {
      switch (field.key()) {
        case SPARSE_VALUES -> name = read(field.end()).name();
        case SPARSE_INDICES -> read(field.end());
        default -> messages.pass(field);
      }
    }
    return name;
  }
}
