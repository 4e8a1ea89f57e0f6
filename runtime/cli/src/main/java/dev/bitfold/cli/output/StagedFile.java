package dev.bitfold.cli.output;

import dev.bitfold.cli.input.BadInputException;
import java.io.IOException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A file that is written in a folder of its own beside its place, and moved there when it is whole
 * and wanted. Making that folder shows before any work whether anything can be written. What is
 * left of it goes away with {@link #close}, and with the process if that is interrupted.
 */
public final class StagedFile implements AutoCloseable {
  private static final Set<Path> FOLDERS = ConcurrentHashMap.newKeySet();

  static {
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(() -> FOLDERS.forEach(StagedFile::remove), "remove half files"));
  }

  private final Path target;
  private final Path folder;

  private StagedFile(Path target, Path folder) {
    this.target = target;
    this.folder = folder;
  }

  /**
   * Begins a file.
   *
   * @throws BadInputException if it cannot be written
   */
  public static StagedFile of(Path target) {
    Path full = real(target.toAbsolutePath().normalize());
    Path parent = full.getParent();
    if (parent == null || Files.isDirectory(full)) {
      throw new BadInputException(target + ": is a folder; name a file to be written");
    }
    if (Files.exists(full) && !Files.isRegularFile(full)) {
      throw new BadInputException(target + ": is not a regular file; name another to be written");
    }
    if (!Files.isDirectory(parent)) {
      throw new BadInputException(
          target
              + ": cannot be written: its folder "
              + (Files.exists(parent) ? "is a file" : "does not exist"));
    }
    Path folder = parent.resolve(".bitfold-" + UUID.randomUUID());
    FOLDERS.add(folder);
    try {
      Files.createDirectory(folder);
    } catch (IOException e) {
      FOLDERS.remove(folder);
      throw new BadInputException(
          target + ": cannot be written: files cannot be made in " + parent, e);
    }
    return new StagedFile(full, folder);
  }

  private static Path real(Path path) {
    try {
      return path.toRealPath();
    } catch (IOException e) {
      return path;
    }
  }

  /** Returns where the file is to be written meanwhile, under its own name. */
  public Path path() {
    return folder.resolve(target.getFileName());
  }

  /**
   * Moves the file, and whatever was written beside it, to its place.
   *
   * @throws IOException if it cannot be moved; a file that was there is then unchanged
   */
  public void keep() throws IOException {
    List<Path> files;
    try (Stream<Path> all = Files.list(folder)) {
      // What the file refers to is there before the file is.
      files = all.sorted((a, b) -> Boolean.compare(a.equals(path()), b.equals(path()))).toList();
    }
    for (Path file : files) {
      Path to = target.resolveSibling(file.getFileName());
      try {
        Files.move(file, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      } catch (AtomicMoveNotSupportedException e) {
        Files.move(file, to, StandardCopyOption.REPLACE_EXISTING);
      }
    }
  }

  /** Removes what was not kept. */
  @Override
  public void close() {
    remove(folder);
    FOLDERS.remove(folder);
  }

  /** Removes a folder into which another thread may be writing. */
  private static void remove(Path folder) {
    for (int attempt = 0; attempt < 50 && Files.exists(folder); attempt++) {
      try (Stream<Path> files = Files.list(folder)) {
        for (Path file : files.toList()) {
          Files.deleteIfExists(file);
        }
        Files.deleteIfExists(folder);
      } catch (IOException e) {
        pause();
      }
    }
  }

  private static void pause() {
    try {
      Thread.sleep(20);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Returns whether two paths are of one file. */
  public static boolean isSame(Path one, @Nullable Path other) {
    return other != null
        && real(one.toAbsolutePath().normalize()).equals(real(other.toAbsolutePath().normalize()));
  }
}
