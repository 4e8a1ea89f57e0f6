package dev.bitfold.internal.graph;

import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads protobuf messages field by field. For one thread. */
final class Messages {
  static final int VARINT = 0;
  static final int BYTES = 2;

  private static final int FIXED64 = 1;
  private static final int FIXED32 = 5;

  /** How deep messages may be nested; protobuf's own limit. */
  private static final int MAX_DEPTH = 100;

  private final WireInput in;
  private int depth;

  Messages(WireInput in) {
    this.in = in;
  }

  /**
   * A field whose value comes next.
   *
   * @param key its number and wire type, as the wire has them
   * @param end where its value ends; for an integer, where it begins
   */
  record Field(int key, long end) {}

  /** Returns the value of an integer. */
  long integer() throws IOException {
    return in.varint();
  }

  /** Begins a message. */
  void enter() throws OnnxFormatException {
    if (++depth > MAX_DEPTH) {
      throw damaged("messages are nested more than " + MAX_DEPTH + " times");
    }
  }

  /**
   * Returns the next field of a message; null, which ends the message, if there is none.
   *
   * @param end where the message ends
   */
  @Nullable Field next(long end) throws IOException {
    if (in.position() > end) {
      throw damaged("a message ends in the middle of a field");
    } else if (in.position() == end || (end == Long.MAX_VALUE && in.isAtEnd())) {
      depth--;
      return null;
    }
    long tag = in.varint();
    if (tag >>> 3 == 0 || tag >>> 32 != 0) {
      throw damaged("there is no field " + (tag >>> 3));
    }
    long length =
        switch ((int) tag & 7) {
          case VARINT -> 0;
          case FIXED64 -> Long.BYTES;
          case FIXED32 -> Integer.BYTES;
          case BYTES -> in.varint();
          default -> throw damaged("field " + (tag >>> 3) + " is of the wire type " + (tag & 7));
        };
    if (length < 0 || length > end - in.position()) {
      throw damaged("field " + (tag >>> 3) + " is longer than what holds it");
    }
    return new Field((int) tag, in.position() + length);
  }

  /** Passes over a field that is not of interest. */
  void pass(Field field) throws IOException {
    if ((field.key() & 7) == VARINT) {
      in.varint();
    } else {
      in.pass(field.end() - in.position());
    }
  }

  /** Skips the values of a tensor. */
  void skip(Field field) throws IOException {
    in.skip(field.end() - in.position());
  }

  /** Returns the value of a text. */
  String text(Field field) throws IOException {
    return in.text(field.end() - in.position());
  }

  /** Adds the integers of a field that holds many of them. */
  void packed(Field field, List<Long> into) throws IOException {
    while (in.position() < field.end()) {
      into.add(in.varint());
    }
    if (in.position() > field.end()) {
      throw damaged("a list of integers ends in the middle of one");
    }
  }

  private OnnxFormatException damaged(String why) {
    return new OnnxFormatException(
        "is damaged at byte " + in.position() + ", or no ONNX file: " + why);
  }
}
