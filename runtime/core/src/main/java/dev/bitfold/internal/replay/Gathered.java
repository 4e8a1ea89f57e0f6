package dev.bitfold.internal.replay;

import dev.bitfold.calibration.Accumulator;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Holds what a share of the data gave: what a task accumulated, and some batches. Not safe for
 * concurrent use.
 */
final class Gathered<B, A extends Accumulator<A>> implements Accumulator<Gathered<B, A>> {
  /** The number of batches of a sample. */
  static final int MAX_SAMPLED = 64;

  private final A seen;
  private final TreeMap<Long, KeptBatch<B>> sample = new TreeMap<>();
  private final Map<String, Witness<B>> witnesses = new TreeMap<>();
  private @Nullable KeptBatch<B> refused;
  private long count;
  private long contents;

  Gathered(A nothing) {
    this.seen = nothing;
  }

  A seen() {
    return seen;
  }

  /** Returns the number of batches. */
  long count() {
    return count;
  }

  /** Returns a hash of all batches that does not depend on their order. */
  long contents() {
    return contents;
  }

  /** Returns a batch that the task refused. */
  Optional<KeptBatch<B>> refused() {
    return Optional.ofNullable(refused);
  }

  /** Returns the sample, by key. */
  List<KeptBatch<B>> sample() {
    return new ArrayList<>(sample.values());
  }

  /** Returns a witness of each JVM that ran a share. */
  Map<String, Witness<B>> witnesses() {
    return witnesses;
  }

  void count(long seal) {
    count++;
    contents += seal;
  }

  /** Keeps a batch if its key is one of the smallest. Of batches with one key, any is kept. */
  void offer(KeptBatch<B> batch) {
    sample.putIfAbsent(batch.key(), batch);
    if (sample.size() > MAX_SAMPLED) {
      sample.pollLastEntry();
    }
  }

  void refuse(KeptBatch<B> batch) {
    refused = batch;
  }

  void witness(String jvm, Witness<B> witness) {
    witnesses.merge(
        jvm, witness, (one, other) -> other.kept().key() < one.kept().key() ? other : one);
  }

  @Override
  public void merge(Gathered<B, A> other) {
    seen.merge(other.seen);
    other.sample.values().forEach(this::offer);
    other.witnesses.forEach(this::witness);
    refused = refused == null ? other.refused : refused;
    count += other.count;
    contents += other.contents;
  }

  @Override
  public void writeTo(DataOutput out) throws IOException {
    out.writeLong(count);
    out.writeLong(contents);
    seen.writeTo(out);
    out.writeInt(sample.size());
    for (KeptBatch<B> batch : sample.values()) {
      batch.writeTo(out);
    }
    out.writeInt(witnesses.size());
    for (Map.Entry<String, Witness<B>> witness : witnesses.entrySet()) {
      out.writeUTF(witness.getKey());
      witness.getValue().writeTo(out);
    }
    out.writeBoolean(refused != null);
    if (refused != null) {
      refused.writeTo(out);
    }
  }

  @Override
  public void readFrom(DataInput in) throws IOException {
    count = in.readLong();
    contents = in.readLong();
    seen.readFrom(in);
    for (int i = in.readInt(); i > 0; i--) {
      offer(KeptBatch.readFrom(in));
    }
    for (int i = in.readInt(); i > 0; i--) {
      witness(in.readUTF(), Witness.readFrom(in));
    }
    if (in.readBoolean()) {
      refused = KeptBatch.readFrom(in);
    }
  }
}
