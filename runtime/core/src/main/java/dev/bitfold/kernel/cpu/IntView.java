package dev.bitfold.kernel.cpu;

import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.IntPointer;
import org.jspecify.annotations.Nullable;

/**
 * Gives access to the bits of floats in their memory. C2 does not vectorise a conversion between
 * float and int in a loop, and many loops are faster on the bits.
 */
final class IntView {
  private IntView() {}

  /**
   * Returns a buffer's memory from its index 0; null if it is not direct memory in native order.
   * The result must not be used longer than the buffer.
   */
  static @Nullable IntBuffer of(FloatBuffer floats) {
    return floats.isDirect() && floats.order() == ByteOrder.nativeOrder() && floats.capacity() > 0
        ? new IntPointer(new FloatPointer(floats.duplicate().position(0))).asBuffer()
        : null;
  }
}
