package dev.bitfold.kernel.cpu;

import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.IntPointer;
import org.jspecify.annotations.Nullable;

/**
 * The bits of floats where they lie. C2 vectorises no change between float and int within a loop,
 * and many loops are faster on the bits.
 */
final class IntView {
  private IntView() {}

  /**
   * A buffer's memory from its index 0; null if it is not direct memory in native order. It is to
   * be used no longer than the buffer.
   */
  static @Nullable IntBuffer of(FloatBuffer floats) {
    return floats.isDirect() && floats.order() == ByteOrder.nativeOrder() && floats.capacity() > 0
        ? new IntPointer(new FloatPointer(floats.duplicate().position(0))).asBuffer()
        : null;
  }
}
