package dev.bitfold.kernel.vector;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodHandles.Lookup;
import java.lang.invoke.MethodType;
import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.MappedByteBuffer;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;
import org.bytedeco.javacpp.FloatPointer;

/**
 * Reads and writes vectors in the memory of direct buffers. JDK 19 replaced the method for this: it
 * takes a MemorySegment instead of a ByteBuffer. No class can refer to both methods, so they are
 * called through constant method handles, which C2 compiles like direct calls.
 */
final class FloatMemory {
  static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;

  /** The number of floats in a vector. */
  static final int LANES = SPECIES.length();

  private static final ByteOrder ORDER = ByteOrder.nativeOrder();
  private static final Access ACCESS = Access.find();
  private static final MethodHandle LOAD = ACCESS.load;
  private static final MethodHandle STORE = ACCESS.store;
  private static final MethodHandle SEGMENT = ACCESS.segment;
  private static final MethodHandle PART = ACCESS.part;

  /** Holds the methods by which this JDK reads and writes. */
  private record Access(
      MethodHandle load, MethodHandle store, MethodHandle segment, MethodHandle part) {
    private static final MethodType LOADING =
        MethodType.methodType(
            FloatVector.class, VectorSpecies.class, Object.class, long.class, ByteOrder.class);
    private static final MethodType STORING =
        MethodType.methodType(
            void.class, FloatVector.class, Object.class, long.class, ByteOrder.class);

    static Access find() {
      Lookup lookup = MethodHandles.publicLookup();
      try {
        return segments(lookup);
      } catch (ReflectiveOperationException olderJdk) {
        try {
          return buffers(lookup);
        } catch (ReflectiveOperationException e) {
          throw new LinkageError("no access to memory in this JDK's Vector API", e);
        }
      }
    }

    private static Access segments(Lookup lookup) throws ReflectiveOperationException {
      Class<?> memory = lookup.findClass("java.lang.foreign.MemorySegment");
      MethodHandle ofBuffer =
          lookup
              .findStatic(memory, "ofBuffer", MethodType.methodType(memory, Buffer.class))
              .asType(MethodType.methodType(Object.class, FloatBuffer.class));
      MethodHandle slice =
          lookup
              .findVirtual(memory, "asSlice", MethodType.methodType(memory, long.class, long.class))
              .asType(MethodType.methodType(Object.class, Object.class, long.class, long.class));
      return of(lookup, "MemorySegment", memory, long.class, ofBuffer, slice);
    }

    private static Access buffers(Lookup lookup) throws ReflectiveOperationException {
      MethodHandle bytes =
          MethodHandles.lookup()
              .findStatic(
                  FloatMemory.class,
                  "bytes",
                  MethodType.methodType(Object.class, FloatBuffer.class));
      return of(lookup, "ByteBuffer", ByteBuffer.class, int.class, bytes, bytes);
    }

    private static Access of(
        Lookup lookup,
        String name,
        Class<?> memory,
        Class<?> offset,
        MethodHandle segment,
        MethodHandle part)
        throws ReflectiveOperationException {
      MethodHandle load =
          lookup.findStatic(
              FloatVector.class,
              "from" + name,
              MethodType.methodType(
                  FloatVector.class, VectorSpecies.class, memory, offset, ByteOrder.class));
      MethodHandle store =
          lookup.findVirtual(
              FloatVector.class,
              "into" + name,
              MethodType.methodType(void.class, memory, offset, ByteOrder.class));
      return new Access(
          MethodHandles.explicitCastArguments(load, LOADING),
          MethodHandles.explicitCastArguments(store, STORING),
          segment,
          part);
    }
  }

  private FloatMemory() {}

  /** Returns a buffer's memory from its index 0, for {@link #load} and {@link #store}. */
  static Object of(FloatBuffer direct) {
    try {
      return (Object) SEGMENT.invokeExact(direct.duplicate().position(0));
    } catch (Throwable e) {
      throw rethrown(e);
    }
  }

  // A FloatBuffer does not tell which ByteBuffer it came from. JavaCPP returns another one for the
  // same memory.
  private static Object bytes(FloatBuffer direct) {
    return new FloatPointer(direct).asByteBuffer();
  }

  /**
   * Returns a part of memory. Call this in the method whose loop reads or writes the part: C2 then
   * knows the kind of memory and its end, and checks nothing within the loop.
   *
   * @param at the index of its first float
   * @param length the number of floats
   */
  static Object part(Object memory, long at, long length) {
    return memory instanceof MappedByteBuffer bytes
        ? partOfBuffer(bytes, (int) at, (int) length)
        : partOfSegment(memory, at, length);
  }

  // A direct call instead of a handle, on the class that every direct buffer has: only then does C2
  // inline the code that makes the slice. These methods are small enough to be inlined into every
  // caller.
  private static ByteBuffer partOfBuffer(MappedByteBuffer bytes, int at, int length) {
    return bytes.slice(at * Float.BYTES, length * Float.BYTES);
  }

  private static Object partOfSegment(Object memory, long at, long length) {
    try {
      return (Object) PART.invokeExact(memory, at * Float.BYTES, length * Float.BYTES);
    } catch (Throwable e) {
      throw rethrown(e);
    }
  }

  /** Returns the vector at the index of a float. */
  static FloatVector load(Object memory, long index) {
    try {
      return (FloatVector)
          LOAD.invokeExact((VectorSpecies) SPECIES, memory, index * Float.BYTES, ORDER);
    } catch (Throwable e) {
      throw rethrown(e);
    }
  }

  /** Writes a vector at the index of a float. */
  static void store(FloatVector vector, Object memory, long index) {
    try {
      STORE.invokeExact(vector, memory, index * Float.BYTES, ORDER);
    } catch (Throwable e) {
      throw rethrown(e);
    }
  }

  private static RuntimeException rethrown(Throwable e) {
    if (e instanceof Error error) {
      throw error;
    }
    return e instanceof RuntimeException known ? known : new IllegalStateException(e);
  }
}
