package dev.bitfold.storage;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import java.util.regex.Pattern;

/** Deletes temporary files of {@link AtomicFile} whose process was killed while it wrote. */
final class Leftovers {
  /** Younger files may belong to a process that has not locked its file yet. */
  private static final Duration AGE = Duration.ofMinutes(1);

  private static final Pattern UUID =
      Pattern.compile(
          "\\.[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}" + Pattern.quote(AtomicFile.SUFFIX));

  private Leftovers() {}

  /**
   * Deletes the temporary files of a target. It never fails: a file that cannot be deleted stays.
   *
   * @param live the files that this process is writing, which stay
   */
  static void remove(Path target, Set<Path> live) {
    Path folder = target.toAbsolutePath().getParent();
    Path fileName = target.getFileName();
    if (folder == null || fileName == null) {
      return;
    }
    String name = fileName.toString();
    DirectoryStream.Filter<Path> filter =
        path -> {
          String other = String.valueOf(path.getFileName());
          return other.startsWith(name) && UUID.matcher(other.substring(name.length())).matches();
        };
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, filter)) {
      for (Path file : files) {
        if (!live.contains(file) && isAbandoned(file)) {
          Files.deleteIfExists(file);
        }
      }
    } catch (IOException | RuntimeException e) {
      // The new file is written all the same.
    }
  }

  private static boolean isAbandoned(Path file) throws IOException {
    Instant old = Instant.now().minus(AGE);
    if (Files.getLastModifiedTime(file).toInstant().isAfter(old)) {
      return false;
    }
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE);
        FileLock lock = channel.tryLock()) {
      return lock != null;
    } catch (OverlappingFileLockException e) {
      return false;
    }
  }
}
