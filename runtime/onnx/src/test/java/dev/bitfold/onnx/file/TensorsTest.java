package dev.bitfold.onnx.file;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.stream.Stream;
import onnx.Onnx.StringStringEntryProto;
import onnx.Onnx.TensorProto;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.shade.protobuf.ByteString;

/** Reads tensors of each type in both forms, with values that the test puts there itself. */
class TensorsTest {
  private static TensorProto.Builder tensor(ElementType type, long... dims) {
    TensorProto.Builder tensor = TensorProto.newBuilder().setName("t").setDataType(type.number());
    for (long size : dims) {
      tensor.addDims(size);
    }
    return tensor;
  }

  private static ByteString raw(int... bytes) {
    byte[] all = new byte[bytes.length];
    for (int i = 0; i < all.length; i++) {
      all[i] = (byte) bytes[i];
    }
    return ByteString.copyFrom(all);
  }

  private static void refused(String why, Executable action) {
    assertEquals("m.onnx: " + why, assertThrows(OnnxException.class, action).getMessage());
  }

  static Stream<Arguments> integers() {
    int[] minusTwo = {0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    return Stream.of(
        Arguments.of(ElementType.INT8, raw(0xfe, 0x7f), new long[] {-2, 127}),
        Arguments.of(ElementType.UINT8, raw(0xfe, 0x7f), new long[] {254, 127}),
        Arguments.of(ElementType.BOOL, raw(1, 0), new long[] {1, 0}),
        Arguments.of(ElementType.INT16, raw(0xfe, 0xff, 1, 2), new long[] {-2, 513}),
        Arguments.of(ElementType.UINT16, raw(0xfe, 0xff, 1, 2), new long[] {65_534, 513}),
        Arguments.of(
            ElementType.INT32,
            raw(0xfe, 0xff, 0xff, 0xff, 1, 0, 0, 1),
            new long[] {-2, 16_777_217}),
        Arguments.of(
            ElementType.UINT32,
            raw(0xfe, 0xff, 0xff, 0xff, 1, 0, 0, 1),
            new long[] {4_294_967_294L, 16_777_217}),
        Arguments.of(ElementType.INT64, raw(minusTwo), new long[] {-2}),
        Arguments.of(ElementType.UINT64, raw(minusTwo), new long[] {-2}));
  }

  @ParameterizedTest
  @MethodSource("integers")
  void integersAreReadRawAndOneByOne(ElementType type, ByteString raw, long[] values) {
    TensorProto ofBytes = tensor(type, values.length).setRawData(raw).build();
    TensorProto.Builder builder = tensor(type, values.length);
    for (long value : values) {
      switch (type) {
        case INT64 -> builder.addInt64Data(value);
        case UINT32, UINT64 -> builder.addUint64Data(value);
        default -> builder.addInt32Data((int) value);
      }
    }
    for (TensorProto tensor : List.of(ofBytes, builder.build())) {
      assertArrayEquals(values, Tensors.integers("m.onnx", tensor));
      assertEquals(raw.size(), Tensors.bytes("m.onnx", tensor));
      assertEquals(type.name(), Tensors.typeName("m.onnx", tensor));
      INDArray array = Tensors.array("m.onnx", tensor);
      assertEquals(type.nd4j(), array.dataType());
      assertArrayEquals(new long[] {values.length}, array.shape());
      if (type != ElementType.UINT64) {
        assertEquals(values[0], array.getLong(0));
      }
    }
  }

  @Test
  void floatsAreReadRawAndOneByOne() {
    TensorProto typed = tensor(ElementType.FLOAT, 1, 2).addFloatData(1.5f).addFloatData(-2).build();
    TensorProto raw =
        tensor(ElementType.FLOAT, 1, 2).setRawData(raw(0, 0, 0xc0, 0x3f, 0, 0, 0, 0xc0)).build();
    for (TensorProto tensor : List.of(typed, raw)) {
      assertArrayEquals(new float[] {1.5f, -2}, Tensors.floats("m.onnx", tensor));
      assertArrayEquals(new long[] {1, 2}, Tensors.array("m.onnx", tensor).shape());
      assertEquals(8, Tensors.bytes("m.onnx", tensor));
    }
    TensorProto scalar = tensor(ElementType.DOUBLE).addDoubleData(0.1).build();
    assertEquals(0.1, Tensors.array("m.onnx", scalar).getDouble());
    assertEquals(0, Tensors.array("m.onnx", scalar).rank());
    ByteBuffer tenth = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putDouble(0, 0.1);
    TensorProto rawDouble =
        tensor(ElementType.DOUBLE, 1).setRawData(ByteString.copyFrom(tenth)).build();
    assertEquals(DataType.DOUBLE, Tensors.array("m.onnx", rawDouble).dataType());
    assertEquals(0.1, Tensors.array("m.onnx", rawDouble).getDouble(0));
    TensorProto empty = tensor(ElementType.FLOAT, 0, 3).build();
    assertArrayEquals(new long[] {0, 3}, Tensors.array("m.onnx", empty).shape());
  }

  /** 1.5 and -2 in half a float's bits, and in the upper half of a float. */
  @Test
  void halvesAreReadRawAndOneByOne() {
    for (boolean half : new boolean[] {true, false}) {
      ElementType type = half ? ElementType.FLOAT16 : ElementType.BFLOAT16;
      int[] bits = half ? new int[] {0x3e00, 0xc000} : new int[] {0x3fc0, 0xc000};
      TensorProto typed = tensor(type, 2).addInt32Data(bits[0]).addInt32Data(bits[1]).build();
      TensorProto raw =
          tensor(type, 2)
              .setRawData(raw(bits[0] & 0xff, bits[0] >> 8, bits[1] & 0xff, bits[1] >> 8))
              .build();
      for (TensorProto tensor : List.of(typed, raw)) {
        INDArray array = Tensors.array("m.onnx", tensor);
        assertEquals(1.5f, array.getFloat(0));
        assertEquals(-2f, array.getFloat(1));
        assertEquals(type.nd4j(), array.dataType());
      }
      refused(
          "tensor t is "
              + type
              + ", not float32: convert the model to float32 before it is quantized",
          () -> Tensors.floats("m.onnx", typed));
    }
    refused(
        "tensor t is INT8, not float32",
        () -> Tensors.floats("m.onnx", tensor(ElementType.INT8, 1).build()));
    refused(
        "tensor t is FLOAT, not a tensor of integers",
        () -> Tensors.integers("m.onnx", tensor(ElementType.FLOAT, 1).build()));
    refused(
        "tensor t is of type INT4, which ND4J does not have",
        () -> Tensors.array("m.onnx", tensor(ElementType.INT4, 1).build()));
  }

  @Test
  void valuesThatDoNotFitTheShapeAreRefused() {
    refused(
        "tensor t holds fewer values than its shape says: INT16 [3] takes 6 bytes, not 4",
        () ->
            Tensors.integers(
                "m.onnx", tensor(ElementType.INT16, 3).setRawData(raw(1, 2, 3, 4)).build()));
    refused(
        "tensor t holds other values than its shape says: INT16 [1] takes 2 bytes, not 4",
        () ->
            Tensors.integers(
                "m.onnx", tensor(ElementType.INT16, 1).setRawData(raw(1, 2, 3, 4)).build()));
    refused(
        "tensor t holds other values than its shape says: INT8 [1] takes 1 bytes, not 1 and 1"
            + " values",
        () ->
            Tensors.integers(
                "m.onnx", tensor(ElementType.INT8, 1).setRawData(raw(1)).addInt32Data(1).build()));
    refused(
        "tensor t holds fewer values than its shape says: FLOAT [2] takes 8 bytes, not 0 and 1"
            + " values",
        () -> Tensors.floats("m.onnx", tensor(ElementType.FLOAT, 2).addFloatData(1).build()));
    // Two codes of 4 bits in one stored value.
    assertEquals(
        2,
        Tensors.bytes(
            "m.onnx", tensor(ElementType.UINT4, 3).addInt32Data(1).addInt32Data(2).build()));
    refused(
        "tensor t holds other values than its shape says: UINT4 [3] takes 2 bytes, not 0 and 3"
            + " values",
        () ->
            Tensors.bytes(
                "m.onnx",
                tensor(ElementType.UINT4, 3)
                    .addInt32Data(1)
                    .addInt32Data(2)
                    .addInt32Data(3)
                    .build()));
    TensorProto elsewhere =
        tensor(ElementType.FLOAT, 2).addExternalData(StringStringEntryProto.newBuilder()).build();
    refused(
        "tensor t is kept in another file, and only the bytes of the model are here: open it by its"
            + " path, beside its data, or save it with all its data in one file",
        () -> Tensors.floats("m.onnx", elsewhere));
    assertEquals(8, Tensors.bytes("m.onnx", elsewhere));
    assertEquals(0, Tensors.nonFinite("m.onnx", elsewhere));
  }

  @Test
  void shapesThatCannotBeAreRefused() {
    long most = Integer.MAX_VALUE;
    assertArrayEquals(
        new long[] {most - 8, 1},
        Tensors.shape("m.onnx", tensor(ElementType.INT8, most - 8, 1).build()));
    assertArrayEquals(
        new long[] {0, most, 0},
        Tensors.shape("m.onnx", tensor(ElementType.INT8, 0, most, 0).build()));
    for (long[] shape : new long[][] {{-1}, {most + 1}, {most, 2, 1}, {2, 3, -4}}) {
      refused(
          "tensor t has the impossible shape " + list(shape),
          () -> Tensors.shape("m.onnx", tensor(ElementType.INT8, shape).build()));
    }
    for (long[] shape : new long[][] {{most}, {most - 7}, {1 << 16, 1 << 15}}) {
      refused(
          "tensor t has more than 2^31 elements: " + list(shape),
          () -> Tensors.shape("m.onnx", tensor(ElementType.INT8, shape).build()));
    }
  }

  private static List<Long> list(long[] shape) {
    return java.util.Arrays.stream(shape).boxed().toList();
  }

  @Test
  void valuesThatAreNotFiniteAreCountedOrNamed() {
    float nan = Float.NaN;
    TensorProto typed =
        tensor(ElementType.FLOAT, 2, 3)
            .addAllFloatData(List.of(1f, nan, 2f, 3f, 4f, Float.NEGATIVE_INFINITY))
            .build();
    float[] values = Tensors.floats("m.onnx", typed);
    TensorProto raw = Tensors.of("t", values, 2, 3);
    for (TensorProto tensor : List.of(typed, raw)) {
      assertEquals(2, Tensors.nonFinite("m.onnx", tensor));
    }
    assertEquals(0, Tensors.nonFinite("m.onnx", tensor(ElementType.INT8, 1).build()));
    assertEquals(0, Tensors.nonFinite("m.onnx", Tensors.of("t", new float[] {1, 2}, 2)));
    refused(
        "tensor t holds NaN at [0, 1]; weights must be finite, so the file is damaged",
        () -> Tensors.requireFinite("m.onnx", raw, values));
    values[1] = 0;
    refused(
        "tensor t holds -Infinity at [1, 2]; weights must be finite, so the file is damaged",
        () -> Tensors.requireFinite("m.onnx", raw, values));
    values[5] = 0;
    Tensors.requireFinite("m.onnx", raw, values);
  }

  @Test
  void typesOfTheFormatThatAreNoNumbersHaveANameAndBytes() {
    TensorProto text =
        TensorProto.newBuilder()
            .setName("t")
            .setDataType(TensorProto.DataType.STRING.getNumber())
            .addDims(2)
            .addStringData(ByteString.copyFromUtf8("abc"))
            .addStringData(ByteString.copyFromUtf8("de"))
            .build();
    assertEquals("STRING", Tensors.typeName("m.onnx", text));
    assertEquals(5, Tensors.bytes("m.onnx", text));
    for (int number : new int[] {0, 99}) {
      TensorProto unknown = TensorProto.newBuilder().setName("t").setDataType(number).build();
      String why = "tensor t is of element type " + number + ", which is unknown";
      refused(why, () -> Tensors.typeName("m.onnx", unknown));
      refused(why, () -> Tensors.type("m.onnx", unknown));
    }
  }

  @Test
  void whatIsWrittenIsReadBack() {
    TensorProto floats = Tensors.of("t", new float[] {1, -2, 3, 4, 5, 6}, 3, 2);
    assertArrayEquals(new float[] {1, -2, 3, 4, 5, 6}, Tensors.floats("m.onnx", floats));
    assertEquals(List.of(3L, 2L), floats.getDimsList());
    TensorProto integers = Tensors.of("t", -5, 1L << 40);
    assertArrayEquals(new long[] {-5, 1L << 40}, Tensors.integers("m.onnx", integers));
    assertEquals(List.of(2L), integers.getDimsList());
    assertEquals(
        "t: 3 bytes are not INT4 of [3]",
        assertThrows(
                IllegalArgumentException.class,
                () -> Tensors.of("t", ElementType.INT4, new byte[3], 3))
            .getMessage());
    assertEquals(2, Tensors.of("t", ElementType.INT4, new byte[2], 3).getRawData().size());
  }

  @ParameterizedTest
  @EnumSource(ElementType.class)
  void aTypeHasItsNumberBytesAndOpset(ElementType type) {
    assertEquals(type, ElementType.of(type.number()));
    TensorProto.DataType known = TensorProto.DataType.forNumber(type.number());
    if (known != null && known != TensorProto.DataType.UNDEFINED) {
      assertEquals(known.name(), type.name());
    }
    int bits =
        type.name().endsWith("64") || type == ElementType.DOUBLE
            ? 64
            : type.name().endsWith("32") || type == ElementType.FLOAT
                ? 32
                : type.name().endsWith("16") ? 16 : type.name().endsWith("INT4") ? 4 : 8;
    assertEquals(bits, type.bits());
    assertEquals((5 * bits + 7) / 8, type.bytes(5));
    boolean eight = type.name().startsWith("FLOAT8");
    assertEquals(eight ? 19 : bits == 4 ? 21 : 10, type.opset());
    assertEquals(type.name().matches("FLOAT|FLOAT16|BFLOAT16|DOUBLE"), type.isFloat(), type.name());
    assertTrue(ElementType.of(99) == null);
  }
}
