package dev.bitfold.calibration;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;

/**
 * Histograms of magnitudes, one per group, whose bins are as fine as the values that they count:
 * each octave, from one power of two to the next, is divided into {@value #PER_OCTAVE} equal bins.
 * So one value far out takes nothing from the others, and the counts depend on the values alone:
 * not on their order, nor on how they were divided. Only octaves that occur take memory, at most
 * 255 of them in a group. Not safe for concurrent use.
 */
final class OctaveCounts {
  /** Bins of an octave: a bin is at most 1/128 of its values wide. */
  static final int PER_OCTAVE = 128;

  private static final int OCTAVES = 255;
  private static final int BITS = Integer.numberOfTrailingZeros(PER_OCTAVE);

  /** The bits of a float that its bin leaves out. */
  private static final int REST = 23 - BITS;

  /** The counts by group and octave; null if nothing was counted. */
  private final long[][][] counts;

  OctaveCounts(int groups) {
    counts = new long[groups][OCTAVES][];
  }

  /** Counts the magnitudes of a run; see {@link GroupRuns.Run}. All are finite. */
  void count(float[] values, int from, int length, int group, int step) {
    for (int i = 0; i < length; i++) {
      count(group + i * step, values[from + i]);
    }
  }

  /** Counts one finite value by its magnitude. */
  void count(int group, float value) {
    int bin = (Float.floatToRawIntBits(value) & Integer.MAX_VALUE) >>> REST;
    octave(group, bin >>> BITS)[bin & (PER_OCTAVE - 1)]++;
  }

  private long[] octave(int group, int octave) {
    long[] found = counts[group][octave];
    if (found == null) {
      found = new long[PER_OCTAVE];
      counts[group][octave] = found;
    }
    return found;
  }

  /** Takes back zeros that were counted. */
  void removeZeros(int group, long number) {
    octave(group, 0)[0] -= number;
  }

  /** Counts all that another has counted. */
  void add(OctaveCounts other) {
    for (int g = 0; g < counts.length; g++) {
      for (int o = 0; o < OCTAVES; o++) {
        long[] more = other.counts[g][o];
        for (int i = 0; more != null && i < PER_OCTAVE; i++) {
          octave(g, o)[i] += more[i];
        }
      }
    }
  }

  /** A group's counts in ascending order. */
  MagnitudeBins bins(int group) {
    long[] all = new long[OCTAVES * PER_OCTAVE];
    for (int o = 0; o < OCTAVES; o++) {
      long[] octave = counts[group][o];
      if (octave != null) {
        System.arraycopy(octave, 0, all, o * PER_OCTAVE, PER_OCTAVE);
      }
    }
    return new MagnitudeBins(all, bin -> Float.intBitsToFloat(bin << REST));
  }

  /** Writes the octaves of a group that hold anything. */
  void writeTo(int group, DataOutput out) throws IOException {
    for (int o = 0; o < OCTAVES; o++) {
      long[] octave = counts[group][o];
      if (octave != null && java.util.Arrays.stream(octave).anyMatch(count -> count != 0)) {
        out.writeByte(o);
        for (long count : octave) {
          out.writeLong(count);
        }
      }
    }
    out.writeByte(OCTAVES);
  }

  /**
   * Reads what {@link #writeTo} wrote, in place of the group's counts.
   *
   * @throws IOException if octaves do not ascend, or a count is negative
   */
  void readFrom(int group, DataInput in) throws IOException {
    int last = -1;
    for (int o = in.readUnsignedByte(); o != OCTAVES; o = in.readUnsignedByte()) {
      if (o <= last) {
        throw damaged();
      }
      last = o;
      long[] octave = octave(group, o);
      for (int i = 0; i < PER_OCTAVE; i++) {
        octave[i] = in.readLong();
        if (octave[i] < 0) {
          throw damaged();
        }
      }
    }
  }

  private static IOException damaged() {
    return Observed.damaged("histogram calibrator");
  }
}
