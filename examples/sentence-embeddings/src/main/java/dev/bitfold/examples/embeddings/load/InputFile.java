package dev.bitfold.examples.embeddings.load;

import dev.bitfold.onnx.file.OnnxException;
import dev.bitfold.onnx.file.OnnxWeights;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/**
 * A file that was read: from the disk or from the class path.
 *
 * @param name where it came from, for messages
 * @param bytes what it holds; not copied
 */
public record InputFile(String name, byte[] bytes) {
  /**
   * Reads a file.
   *
   * @throws BadInputException if that fails
   */
  public static InputFile of(Path path) {
    try {
      return new InputFile(path.toString(), Files.readAllBytes(path));
    } catch (NoSuchFileException e) {
      throw new BadInputException(path.toString(), "there is no such file", e);
    } catch (IOException e) {
      throw new BadInputException(path.toString(), "cannot be read: " + e.getMessage(), e);
    }
  }

  /**
   * Reads a resource of the class path, named from its root.
   *
   * @throws BadInputException if that fails
   */
  public static InputFile ofResource(String resource) {
    String name = "classpath:" + resource;
    try (InputStream in = InputFile.class.getResourceAsStream("/" + resource)) {
      if (in == null) {
        throw new BadInputException(name, "is not on the class path");
      }
      return new InputFile(name, in.readAllBytes());
    } catch (IOException e) {
      throw new BadInputException(name, "cannot be read: " + e.getMessage(), e);
    }
  }

  /**
   * The file as an ONNX model.
   *
   * @throws BadInputException if it is none
   */
  public OnnxWeights onnx() {
    try {
      return OnnxWeights.of(name, bytes);
    } catch (OnnxException e) {
      throw new BadInputException(name, e.problem(), e);
    }
  }
}
