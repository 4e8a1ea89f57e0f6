package dev.bitfold.onnx.model.prepare;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/** A temporary folder that is deleted when it is closed, or when the virtual machine ends. */
final class WorkFolder implements AutoCloseable {
  /** With the process, so that nobody takes it for another's. */
  static final String PREFIX = "bitfold-onnx-" + ProcessHandle.current().pid() + "-";

  private static final Set<Path> OPEN = ConcurrentHashMap.newKeySet();

  static {
    Runtime.getRuntime().addShutdownHook(new Thread(() -> OPEN.forEach(WorkFolder::delete)));
  }

  private final Path folder;

  private WorkFolder(Path folder) {
    this.folder = folder;
  }

  static WorkFolder create() throws IOException {
    Path folder = Files.createTempDirectory(PREFIX);
    OPEN.add(folder);
    return new WorkFolder(folder);
  }

  Path file(String name) {
    return folder.resolve(name);
  }

  /** Deletes the folder, or leaves it to the end of the process where a file is still in use. */
  @Override
  public void close() {
    if (delete(folder)) {
      OPEN.remove(folder);
    }
  }

  private static boolean delete(Path folder) {
    try (Stream<Path> files = Files.walk(folder)) {
      List<Path> deepestFirst = files.sorted(Comparator.reverseOrder()).toList();
      for (Path file : deepestFirst) {
        Files.deleteIfExists(file);
      }
      return true;
    } catch (IOException e) {
      // Windows keeps files that are mapped.
      return false;
    }
  }
}
