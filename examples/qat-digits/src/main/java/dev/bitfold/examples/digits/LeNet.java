package dev.bitfold.examples.digits;

import dev.bitfold.annotations.QuantizeModel;
import dev.bitfold.layer.Gradients;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.DynamicCustomOp;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.ops.transforms.Transforms;

/** LeNet (LeCun et al., 1998) with ReLU and max pooling, for images of 28 x 28. */
@QuantizeModel
record LeNet(Conv2d conv1, Conv2d conv2, Linear fc1, Linear fc2, Linear fc3) {
  /** How many classes there are. */
  static final int CLASSES = 10;

  /** A net with random weights (He et al., 2015) of a seed. */
  static LeNet random(long seed) {
    Random random = new Random(seed);
    return new LeNet(
        new Conv2d(normal(random, 25, 6, 1, 5, 5), zeros(6)),
        new Conv2d(normal(random, 150, 16, 6, 5, 5), zeros(16)),
        new Linear(normal(random, 256, 256, 120), zeros(120)),
        new Linear(normal(random, 120, 120, 84), zeros(84)),
        new Linear(normal(random, 84, 84, CLASSES), zeros(CLASSES)));
  }

  /** The net with arrays of its own. */
  LeNet copy() {
    return new LeNet(
        new Conv2d(conv1.weight().dup(), conv1.bias().dup()),
        new Conv2d(conv2.weight().dup(), conv2.bias().dup()),
        new Linear(fc1.weight().dup(), fc1.bias().dup()),
        new Linear(fc2.weight().dup(), fc2.bias().dup()),
        new Linear(fc3.weight().dup(), fc3.bias().dup()));
  }

  private static INDArray normal(Random random, int fanIn, long... shape) {
    INDArray values = Nd4j.create(DataType.FLOAT, shape);
    double deviation = Math.sqrt(2.0 / fanIn);
    for (long i = 0; i < values.length(); i++) {
      values.putScalar(i, random.nextGaussian() * deviation);
    }
    return values;
  }

  private static INDArray zeros(long length) {
    return Nd4j.zeros(DataType.FLOAT, length);
  }

  /** The logits [n, 10] of images [n, 1, 28, 28]. */
  INDArray forward(INDArray images) {
    INDArray x = pool(relu(conv1.forward(images)));
    x = pool(relu(conv2.forward(x)));
    x = relu(fc1.forward(flat(x)));
    return fc3.forward(relu(fc2.forward(x)));
  }

  /**
   * What a pass gives.
   *
   * @param loss the mean cross entropy
   * @param gradients of each layer, by its name
   */
  record Pass(double loss, Map<String, Gradients> gradients) {}

  /** One pass forward and backward. */
  Pass learn(Digits.Batch batch) {
    INDArray a1 = relu(conv1.forward(batch.images()));
    INDArray p1 = pool(a1);
    INDArray a2 = relu(conv2.forward(p1));
    INDArray p2 = pool(a2);
    INDArray f = flat(p2);
    INDArray h1 = relu(fc1.forward(f));
    INDArray h2 = relu(fc2.forward(h1));
    CrossEntropy loss = CrossEntropy.of(fc3.forward(h2), batch.labels());

    Map<String, Gradients> gradients = new LinkedHashMap<>();
    INDArray g = put(gradients, "fc3", fc3.backward(h2, loss.gradient()));
    g = put(gradients, "fc2", fc2.backward(h1, reluBackward(h2, g)));
    g = put(gradients, "fc1", fc1.backward(f, reluBackward(h1, g)));
    g = poolBackward(a2, g.reshape(p2.shape()));
    g = put(gradients, "conv2", conv2.backward(p1, reluBackward(a2, g)));
    g = poolBackward(a1, g);
    put(gradients, "conv1", conv1.backward(batch.images(), reluBackward(a1, g)));
    return new Pass(loss.value(), gradients);
  }

  private static INDArray put(Map<String, Gradients> into, String layer, Gradients gradients) {
    into.put(layer, gradients);
    return gradients.input();
  }

  /** The share of images, in percent, whose largest logit is that of their class. */
  double accuracy(Iterable<Digits.Batch> batches) {
    int right = 0;
    int all = 0;
    for (Digits.Batch batch : batches) {
      INDArray best = forward(batch.images()).argMax(1);
      for (int i = 0; i < batch.labels().length; i++) {
        right += best.getInt(i) == batch.labels()[i] ? 1 : 0;
        all++;
      }
    }
    return 100.0 * right / all;
  }

  private static INDArray relu(INDArray x) {
    return Transforms.relu(x, false);
  }

  /** The gradient where ReLU's output is above 0. */
  private static INDArray reluBackward(INDArray output, INDArray gradient) {
    return gradient.mul(output.gt(0).castTo(DataType.FLOAT));
  }

  private static INDArray flat(INDArray x) {
    return x.reshape('c', x.size(0), -1);
  }

  private static INDArray pool(INDArray x) {
    return run("maxpool2d", x);
  }

  private static INDArray poolBackward(INDArray x, INDArray gradient) {
    return run("maxpool2d_bp", x, gradient);
  }

  private static INDArray run(String op, INDArray... inputs) {
    // Kernel, stride, padding, dilation; padding is explicit, images are NCHW.
    return Nd4j.exec(
        DynamicCustomOp.builder(op)
            .addInputs(inputs)
            .addIntegerArguments(2, 2, 2, 2, 0, 0, 1, 1, 0, 1, 0)
            .build())[0];
  }
}
