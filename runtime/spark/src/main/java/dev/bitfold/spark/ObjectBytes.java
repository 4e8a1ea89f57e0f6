package dev.bitfold.spark;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.ObjectStreamClass;

/** Turns objects into bytes and back. Classes are found as the calling thread finds them. */
final class ObjectBytes extends ObjectInputStream {
  private ObjectBytes(byte[] bytes) throws IOException {
    super(new ByteArrayInputStream(bytes));
  }

  static byte[] of(Object object) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
      out.writeObject(object);
    }
    return bytes.toByteArray();
  }

  static Object from(byte[] bytes) throws IOException, ClassNotFoundException {
    try (ObjectBytes in = new ObjectBytes(bytes)) {
      return in.readObject();
    }
  }

  @Override
  protected Class<?> resolveClass(ObjectStreamClass described)
      throws IOException, ClassNotFoundException {
    try {
      return Class.forName(
          described.getName(), false, Thread.currentThread().getContextClassLoader());
    } catch (ClassNotFoundException e) {
      return super.resolveClass(described);
    }
  }
}
