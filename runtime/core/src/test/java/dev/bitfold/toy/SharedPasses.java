package dev.bitfold.toy;

import dev.bitfold.calibration.Accumulator;
import dev.bitfold.calibration.Pass;
import dev.bitfold.calibration.Passes;
import dev.bitfold.calibration.Progress;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.OptionalLong;
import java.util.Random;

/**
 * Passes as those of a cluster: the pass and what its shares accumulate travel as bytes, the
 * batches are shuffled and divided anew in each pass, and one share is run twice.
 */
final class SharedPasses<B> implements Passes<B> {
  private final List<B> batches;
  private final int shares;
  private final Random random;
  private long largest;

  SharedPasses(List<B> batches, int shares, long seed) {
    this.batches = batches;
    this.shares = shares;
    this.random = new Random(seed);
  }

  /** Returns the number of bytes of the largest accumulator. */
  long largest() {
    return largest;
  }

  @Override
  public <W, A extends Accumulator<A>> A run(
      Pass<W, B, A> pass, W own, Progress.Listener progress) {
    List<B> shuffled = new ArrayList<>(batches);
    Collections.shuffle(shuffled, random);
    List<A> results = new ArrayList<>();
    int repeated = random.nextInt(shares);
    for (int share = 0; share < shares; share++) {
      List<B> some = new ArrayList<>();
      for (int i = share; i < shuffled.size(); i += shares) {
        some.add(shuffled.get(i));
      }
      Pass<W, B, A> sent = copy(pass);
      if (share == repeated) {
        sent.run(own, some.iterator(), "lost share " + share, sent.empty(own));
      }
      A result = sent.empty(own);
      sent.run(own, some.iterator(), "share " + share, result);
      results.add(read(write(result), pass.empty(own)));
      progress.onProgress(new Progress(pass.name(), share + 1L, OptionalLong.of(shares)));
    }
    Collections.shuffle(results, random);
    A all = pass.empty(own);
    results.forEach(all::merge);
    return all;
  }

  private <A extends Accumulator<A>> byte[] write(A accumulator) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try {
      accumulator.writeTo(new DataOutputStream(bytes));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    largest = Math.max(largest, bytes.size());
    return bytes.toByteArray();
  }

  private static <A extends Accumulator<A>> A read(byte[] bytes, A into) {
    try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes))) {
      into.readFrom(in);
      if (in.read() >= 0) {
        throw new IllegalStateException("not all was read");
      }
      return into;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @SuppressWarnings("unchecked") // a copy
  private static <T> T copy(T object) {
    try {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
        out.writeObject(object);
      }
      try (ObjectInputStream in =
          new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
        return (T) in.readObject();
      }
    } catch (IOException | ClassNotFoundException e) {
      throw new IllegalStateException(e);
    }
  }
}
