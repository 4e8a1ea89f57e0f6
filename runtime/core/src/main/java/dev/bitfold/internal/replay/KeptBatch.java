package dev.bitfold.internal.replay;

import dev.bitfold.calibration.CalibrationException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.io.InvalidClassException;
import java.io.NotSerializableException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.ObjectStreamClass;

/**
 * Holds a batch that is brought to the JVM that began the pass.
 *
 * @param key the hash of its values and of the float model's output
 * @param seal the hash of its values alone
 * @param number its number in its share, from 0
 */
record KeptBatch<B>(long key, long seal, int number, B batch) {
  /**
   * Checks that the batch holds what it held.
   *
   * @throws CalibrationException if it does not
   */
  void requireLasting() {
    if (BatchSeals.of(batch) != seal) {
      throw new CalibrationException(
          "the contents of batch "
              + number
              + " changed when later ones were read: the iterator fills one array again and again;"
              + " give each batch its own arrays, such as copies by dup(), and let forward not"
              + " write to its batch");
    }
  }

  void writeTo(DataOutput out) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ObjectOutputStream objects = new ObjectOutputStream(bytes)) {
      objects.writeObject(batch);
    } catch (NotSerializableException | InvalidClassException e) {
      throw new IllegalArgumentException(
          "a batch of "
              + batch.getClass().getName()
              + " cannot be sent to another machine: make it Serializable ("
              + e.getMessage()
              + ")",
          e);
    }
    out.writeLong(key);
    out.writeLong(seal);
    out.writeInt(number);
    out.writeInt(bytes.size());
    out.write(bytes.toByteArray());
  }

  static <B> KeptBatch<B> readFrom(DataInput in) throws IOException {
    long key = in.readLong();
    long seal = in.readLong();
    int number = in.readInt();
    byte[] bytes = new byte[in.readInt()];
    in.readFully(bytes);
    try (ObjectInputStream objects = new OfContext(bytes)) {
      @SuppressWarnings("unchecked") // as written
      B batch = (B) objects.readObject();
      return new KeptBatch<>(key, seal, number, batch);
    } catch (ClassNotFoundException e) {
      throw new IOException("a batch of a class that is not here: " + e.getMessage(), e);
    }
  }

  /** Finds classes as the calling thread does, because an engine may not see the user's. */
  private static final class OfContext extends ObjectInputStream {
    OfContext(byte[] bytes) throws IOException {
      super(new ByteArrayInputStream(bytes));
    }

    @Override
    protected Class<?> resolveClass(ObjectStreamClass described)
        throws IOException, ClassNotFoundException {
      ClassLoader own = Thread.currentThread().getContextClassLoader();
      return own == null ? super.resolveClass(described) : found(described, own);
    }

    private Class<?> found(ObjectStreamClass described, ClassLoader own)
        throws IOException, ClassNotFoundException {
      try {
        return own.loadClass(described.getName());
      } catch (ClassNotFoundException e) {
        return super.resolveClass(described);
      }
    }
  }
}
