package dev.bitfold.onnx.file;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteOrder;
import java.util.Optional;
import onnx.Onnx.TensorProto;
import org.bytedeco.javacpp.indexer.HalfIndexer;
import org.junit.jupiter.api.Test;

/** Checks the conversion of every float16 number against JavaCPP's. */
class Float16Test {
  private static final int INFINITE = 0x7c00;

  private static Optional<TensorProto> exactly(float value) {
    return Float16.exactly("t", new float[] {value}, 1);
  }

  @Test
  void everyNumberIsReadAndWrittenExactly() {
    for (int bits = 0; bits < 1 << Short.SIZE; bits++) {
      float value = Float16.value(bits);
      assertEquals(HalfIndexer.toFloat(bits), value, "bits " + bits);
      if ((bits & INFINITE) != INFINITE) {
        int written =
            exactly(value)
                .orElseThrow()
                .getRawData()
                .asReadOnlyByteBuffer()
                .order(ByteOrder.LITTLE_ENDIAN)
                .getShort();
        assertEquals(bits, written & 0xffff, "" + value);
        assertTrue(exactly(Math.nextUp(value)).isEmpty(), value + " and a bit");
      }
    }
  }

  @Test
  void nothingElseIsWritten() {
    for (float value :
        new float[] {
          Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, 65520, 1e-9f, Float.MIN_VALUE
        }) {
      assertTrue(exactly(value).isEmpty(), "" + value);
    }
    assertTrue(Float16.exactly("t", new float[] {1, 0.1f}, 2).isEmpty(), "one of two");
  }
}
