package dev.bitfold.internal.graph;

import static dev.bitfold.internal.graph.Messages.BYTES;
import static dev.bitfold.internal.graph.Messages.VARINT;

import dev.bitfold.internal.graph.Messages.Field;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Reads names, types and shapes of a graph's inputs. */
final class InputReader {
  private static final int NAME = 1 << 3 | BYTES;
  private static final int TYPE = 2 << 3 | BYTES;
  private static final int TENSOR = 1 << 3 | BYTES;
  private static final int ELEMENT = 1 << 3 | VARINT;
  private static final int SHAPE = 2 << 3 | BYTES;
  private static final int AXIS = 1 << 3 | BYTES;
  private static final int SIZE = 1 << 3 | VARINT;
  private static final int SIZE_NAME = 2 << 3 | BYTES;

  private static final String ANY = "?";

  private final Messages messages;
  private final List<String> shape = new ArrayList<>();
  private int type;

  private InputReader(Messages messages) {
    this.messages = messages;
  }

  static OnnxInput read(Messages messages, long end) throws IOException {
    return new InputReader(messages).input(end);
  }

  private OnnxInput input(long end) throws IOException {
    String name = "";
    messages.enter();
    for (Field field = messages.next(end); field != null; field = messages.next(end)) {
      switch (field.key()) {
        case NAME -> name = messages.text(field);
        case TYPE -> type(field.end());
        default -> messages.pass(field);
      }
    }
    return new OnnxInput(name, type, shape);
  }

  private void type(long end) throws IOException {
    messages.enter();
    for (Field field = messages.next(end); field != null; field = messages.next(end)) {
      if (field.key() == TENSOR) {
        tensor(field.end());
      } else {
        messages.pass(field);
      }
    }
  }

  private void tensor(long end) throws IOException {
    messages.enter();
    for (Field field = messages.next(end); field != null; field = messages.next(end)) {
      switch (field.key()) {
        case ELEMENT -> type = (int) messages.integer();
        case SHAPE -> shape(field.end());
        default -> messages.pass(field);
      }
    }
  }

  private void shape(long end) throws IOException {
    messages.enter();
    for (Field field = messages.next(end); field != null; field = messages.next(end)) {
      if (field.key() == AXIS) {
        axis(field.end());
      } else {
        messages.pass(field);
      }
    }
  }

  private void axis(long end) throws IOException {
    String size = ANY;
    messages.enter();
    for (Field field = messages.next(end); field != null; field = messages.next(end)) {
      switch (field.key()) {
        case SIZE -> size = Long.toString(messages.integer());
        case SIZE_NAME -> size = messages.text(field);
        default -> messages.pass(field);
      }
    }
    shape.add(size.isEmpty() ? ANY : size);
  }
}
