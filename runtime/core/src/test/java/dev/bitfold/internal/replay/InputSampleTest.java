package dev.bitfold.internal.replay;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.descriptor.Layout;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.internal.distortion.Distortion;
import dev.bitfold.quantizer.Quantizer;
import dev.bitfold.tensor.DenseFloats;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class InputSampleTest {
  private static final Quantizer INT8 =
      Quantizer.of(QuantDescriptor.bits(8)).withAmax(Nd4j.scalar(4f));

  @Test
  void theSampleDoesNotDependOnTheOrderOfBatchesAlsoOfSeveralSizes() {
    Random random = new Random(3);
    List<INDArray> images = new ArrayList<>();
    for (int i = 0; i < 120; i++) {
      int side = 8 + random.nextInt(60);
      images.add(normal(random, 1 + random.nextInt(3), 3, side, side));
    }
    Distortion first = sample("NCHW", images);
    for (int trial = 0; trial < 5; trial++) {
      Collections.shuffle(images, random);
      assertEquals(first, sample("NCHW", images));
    }
    assertTrue(first.signal() > 0 && first.noise() > 0, first.toString());
  }

  @Test
  void theSampleIsTheWholeOfLittleDataAndBoundedOtherwise() {
    Random random = new Random(4);
    List<INDArray> few = List.of(normal(random, 5, 7, 16), normal(random, 2, 16));
    double squares = 0;
    for (INDArray x : few) {
      for (float value : x.dup('c').data().asFloat()) {
        squares += (double) value * value;
      }
    }
    assertEquals(squares, sample("…C", few).signal(), 1e-9 * squares);

    List<INDArray> many = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      many.add(normal(random, 100, 16));
    }
    double signal = sample("…C", many).signal();
    assertTrue(signal > 256 * 16 * 0.8 && signal < 256 * 16 * 1.2, "256 rows: " + signal);
  }

  private static Distortion sample(String layout, List<INDArray> batches) {
    InputSample sample = new InputSample(new Layout(layout));
    batches.forEach(x -> sample.observe(DenseFloats.of(x, "a batch")));
    return sample.distortion(INT8, x -> x);
  }

  private static INDArray normal(Random random, long... shape) {
    INDArray x = Nd4j.create(shape);
    for (long i = 0; i < x.length(); i++) {
      x.putScalar(i, random.nextGaussian());
    }
    return x;
  }
}
