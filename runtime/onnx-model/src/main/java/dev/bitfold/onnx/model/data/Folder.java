package dev.bitfold.onnx.model.data;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** Lists folders in the order of the names, so that data comes in the same order everywhere. */
final class Folder {
  private Folder() {}

  /** Returns the files of a folder whose names have an ending. */
  static List<Path> files(Path folder, String ending) throws IOException {
    return list(folder, path -> name(path).endsWith(ending) && Files.isRegularFile(path));
  }

  /** Returns the folders in a folder. */
  static List<Path> folders(Path folder) throws IOException {
    return list(folder, Files::isDirectory);
  }

  private static List<Path> list(Path folder, Predicate<Path> which) throws IOException {
    try (Stream<Path> paths = Files.list(folder)) {
      return paths.filter(which).sorted().toList();
    }
  }

  static String name(Path path) {
    return String.valueOf(path.getFileName());
  }

  /** Returns the name of a file without an ending. */
  static String name(Path path, String ending) {
    String name = name(path);
    return name.substring(0, name.length() - ending.length());
  }

  static void requireExists(Path path) throws IOException {
    if (!Files.exists(path)) {
      throw new NoSuchFileException(path.toString());
    }
  }
}
