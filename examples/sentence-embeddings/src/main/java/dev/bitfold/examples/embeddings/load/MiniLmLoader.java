package dev.bitfold.examples.embeddings.load;

import dev.bitfold.examples.embeddings.model.Attention;
import dev.bitfold.examples.embeddings.model.Embeddings;
import dev.bitfold.examples.embeddings.model.EncoderLayer;
import dev.bitfold.examples.embeddings.model.FeedForward;
import dev.bitfold.examples.embeddings.model.LayerNorm;
import dev.bitfold.examples.embeddings.model.Linear;
import dev.bitfold.examples.embeddings.model.MiniLm;
import dev.bitfold.examples.embeddings.model.Pooling;
import dev.bitfold.onnx.file.OnnxException;
import dev.bitfold.onnx.file.OnnxWeights;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Builds the model from the ONNX export of a BERT-family encoder, as PyTorch writes it: sizes,
 * layers, heads and epsilons are read from the file. Whatever would silently change the result (an
 * activation other than GELU, computed positions) is refused.
 */
public final class MiniLmLoader {
  private static final String FIRST_QUERY = "encoder/layer.0/attention/self/query/MatMul";

  private final OnnxWeights onnx;
  private final String root;
  private final OptionalInt givenHeads;

  private MiniLmLoader(OnnxWeights onnx, OptionalInt heads) {
    this.onnx = onnx;
    this.givenHeads = heads;
    this.root =
        onnx.prefixOf(FIRST_QUERY)
            .orElseThrow(
                () ->
                    onnx.bad(
                        "is no float32 BERT-family encoder: no node is named ..." + FIRST_QUERY));
  }

  /**
   * Reads a model.
   *
   * @param heads how many attention heads there are, for a file that does not tell
   * @throws BadInputException if the file cannot be read as such an encoder
   */
  public static MiniLm load(InputFile file, Pooling pooling, OptionalInt heads) {
    try {
      return new MiniLmLoader(file.onnx(), heads).model(pooling);
    } catch (OnnxException e) {
      throw new BadInputException(file.name(), e.problem(), e);
    }
  }

  private MiniLm model(Pooling pooling) {
    Embeddings embeddings = embeddings();
    List<EncoderLayer> encoder = new ArrayList<>();
    for (int i = 0; onnx.has(layer(i) + "attention/self/query/MatMul"); i++) {
      encoder.add(encoderLayer(layer(i)));
    }
    return new MiniLm(embeddings, List.copyOf(encoder), pooling);
  }

  private String layer(int i) {
    return root + "encoder/layer." + i + "/";
  }

  private Embeddings embeddings() {
    String at = root + "embeddings/";
    if (onnx.hasOperation(at, "CumSum")) {
      throw onnx.bad(
          "computes its position ids from the padding (RoBERTa), which is not supported");
    }
    INDArray words = floats(at + "word_embeddings/Gather");
    INDArray segment;
    if (onnx.has(at + "token_type_embeddings/Gather")) {
      segment = onnx.weights(at + "token_type_embeddings/Gather").getRow(0).dup('c');
    } else if (onnx.has(at + "Add_1")) {
      throw onnx.bad("adds something unknown to its embeddings in node " + at + "Add_1");
    } else {
      segment = Nd4j.zeros(words.size(1));
    }
    return new Embeddings(
        words, floats(at + "position_embeddings/Gather"), segment, layerNorm(at + "LayerNorm/"));
  }

  /** As float32 they make the reference that everything is compared with. */
  private INDArray floats(String node) {
    INDArray weights = onnx.weights(node);
    if (weights.dataType() != DataType.FLOAT) {
      throw onnx.bad("holds " + weights.dataType() + " in node " + node + ", not float32");
    }
    return weights;
  }

  private EncoderLayer encoderLayer(String at) {
    return new EncoderLayer(
        attention(at + "attention/"),
        layerNorm(at + "attention/output/LayerNorm/"),
        feedForward(at),
        layerNorm(at + "output/LayerNorm/"));
  }

  private Attention attention(String at) {
    Linear query = linear(at + "self/query/");
    return new Attention(
        query,
        linear(at + "self/key/"),
        linear(at + "self/value/"),
        linear(at + "output/dense/"),
        heads(at + "self/query/Add", query.weight().size(1)));
  }

  /** The query is reshaped to [n, t, heads, size of a head]. */
  private int heads(String query, long channels) {
    if (givenHeads.isPresent()) {
      return heads(givenHeads.getAsInt(), channels);
    }
    List<Long> shape = onnx.reshapeOf(query);
    if (shape.size() == 4 && shape.get(2) > 0) {
      return heads(shape.get(2), channels);
    }
    if (shape.size() == 4 && shape.get(3) > 0 && channels % shape.get(3) == 0) {
      return heads(channels / shape.get(3), channels);
    }
    throw onnx.bad("does not tell the number of attention heads behind " + query + ": use --heads");
  }

  private int heads(long heads, long channels) {
    if (heads < 1 || channels % heads != 0) {
      throw onnx.bad(channels + " channels cannot be split into " + heads + " attention heads");
    }
    return Math.toIntExact(heads);
  }

  private FeedForward feedForward(String at) {
    boolean gelu =
        onnx.hasOperation(at + "intermediate/", "Erf")
            || onnx.hasOperation(at + "intermediate/", "Gelu");
    if (!gelu || onnx.hasOperation(at + "intermediate/", "Tanh")) {
      throw onnx.bad("has an activation other than GELU in " + at + "intermediate");
    }
    return new FeedForward(linear(at + "intermediate/dense/"), linear(at + "output/dense/"));
  }

  private Linear linear(String at) {
    INDArray weight = onnx.matrix(at + "MatMul");
    INDArray bias = onnx.weights(at + "Add");
    if (weight.rank() != 2 || bias.rank() != 1 || bias.size(0) != weight.size(1)) {
      throw onnx.bad("weight and bias of " + at + " do not match");
    }
    return new Linear(weight, bias);
  }

  private LayerNorm layerNorm(String at) {
    String fused = at + "LayerNormalization";
    if (onnx.has(fused)) {
      List<INDArray> both = onnx.allWeights(fused);
      if (both.size() != 2) {
        throw onnx.bad("node " + fused + " should read a weight and a bias");
      }
      return new LayerNorm(
          both.get(0), both.get(1), onnx.attribute(fused, "epsilon").orElse(1e-5f));
    }
    return new LayerNorm(
        onnx.weights(at + "Mul"), onnx.weights(at + "Add_1"), onnx.number(at + "Add"));
  }
}
