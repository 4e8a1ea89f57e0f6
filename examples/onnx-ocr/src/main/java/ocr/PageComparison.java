package ocr;

import ai.onnxruntime.OrtException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * What two readers read of pages.
 *
 * @param lines on all pages
 * @param floats how many of them the float networks read as they were written
 * @param int8 how many the int8 networks read so
 * @param time the median of the int8 networks' time for a page over the float ones', in turns
 */
record PageComparison(int lines, int floats, int int8, double time) {
  static PageComparison of(PageReader floats, PageReader int8, List<Text.Page> pages)
      throws OrtException {
    floats.read(pages.get(0).image());
    int8.read(pages.get(0).image());
    int lines = 0;
    int[] right = new int[2];
    double[] ratios = new double[pages.size()];
    for (int i = 0; i < ratios.length; i++) {
      Text.Page page = pages.get(i);
      boolean first = i % 2 == 0;
      long[] times = new long[2];
      for (int turn = 0; turn < 2; turn++) {
        int which = first == (turn == 0) ? 0 : 1;
        long start = System.nanoTime();
        List<String> read = (which == 0 ? floats : int8).read(page.image());
        times[which] = System.nanoTime() - start;
        right[which] += right(page, read);
      }
      lines += page.lines().size();
      ratios[i] = (double) times[1] / times[0];
    }
    Arrays.sort(ratios);
    return new PageComparison(lines, right[0], right[1], ratios[ratios.length / 2]);
  }

  /** Spaces are not compared: the networks were trained on Chinese. */
  private static int right(Text.Page page, List<String> read) {
    List<String> found = read.stream().map(line -> line.replace(" ", "")).toList();
    return (int)
        page.lines().stream().filter(line -> found.contains(line.replace(" ", ""))).count();
  }

  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "%d of %d lines right, float %d, %.2f of the time",
        int8,
        lines,
        floats,
        time);
  }
}
