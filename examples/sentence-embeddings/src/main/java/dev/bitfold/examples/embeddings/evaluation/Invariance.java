package dev.bitfold.examples.embeddings.evaluation;

import java.util.Arrays;
import java.util.List;
import java.util.function.BiFunction;

/**
 * Whether a text has one vector, whatever it is embedded with.
 *
 * @param batch the worst cosine of a text alone against the same text in a batch
 * @param padding the worst cosine of a text alone against the same text padded
 * @param sameBits whether all of these vectors are bit-equal
 */
public record Invariance(double batch, double padding, boolean sameBits) {
  /** How many tokens a text is padded to. */
  public static final int PADDED = 128;

  private static final int BATCH_SIZE = 32;

  /**
   * Compares.
   *
   * @param sentences tokens; those of more than {@link #PADDED} are left out
   * @param model embeds sentences that are padded to a length, the longest one's at least
   */
  public static Invariance of(
      List<int[]> sentences, BiFunction<List<int[]>, Integer, float[][]> model) {
    List<int[]> some = sentences.stream().filter(tokens -> tokens.length <= PADDED).toList();
    double batch = 1;
    double padding = 1;
    boolean same = true;
    for (int from = 0; from < some.size(); from += BATCH_SIZE) {
      List<int[]> group = some.subList(from, Math.min(from + BATCH_SIZE, some.size()));
      float[][] together = model.apply(group, 0);
      for (int i = 0; i < group.size(); i++) {
        List<int[]> one = List.of(group.get(i));
        float[] alone = model.apply(one, 0)[0];
        float[] padded = model.apply(one, PADDED)[0];
        batch = Math.min(batch, Evaluation.cosine(alone, together[i]));
        padding = Math.min(padding, Evaluation.cosine(alone, padded));
        same &= Arrays.equals(alone, together[i]) && Arrays.equals(alone, padded);
      }
    }
    return new Invariance(batch, padding, same);
  }
}
