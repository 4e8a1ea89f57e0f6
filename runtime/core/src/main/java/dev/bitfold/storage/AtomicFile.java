package dev.bitfold.storage;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.AccessDeniedException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFileAttributeView;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** Writes files completely or not at all. */
public final class AtomicFile {
  static final String SUFFIX = ".tmp";

  private static final int MAX_LINKS = 40;

  /** The temporary files that this process is writing. */
  private static final Set<Path> LIVE = ConcurrentHashMap.newKeySet();

  private AtomicFile() {}

  /** Writes to a channel. */
  @FunctionalInterface
  public interface Content {
    /** Writes everything. */
    void write(FileChannel channel) throws IOException;
  }

  /**
   * Writes a temporary file in the same folder, forces it to the disk, and replaces the file with
   * it. The file's permissions are kept. If the file is a symbolic link, the target of the link is
   * replaced. Temporary files of the same target that a killed process has left are deleted.
   *
   * @throws IOException if writing fails; the message has the file's path and the reason, an
   *     existing file is unchanged, and no temporary file is left
   */
  public static void write(Path file, Content content) throws IOException {
    Path target = target(file);
    Path folder = target.getParent();
    if (folder == null || Files.isDirectory(target)) {
      throw new IOException(file + ": is a folder");
    }
    if (Files.exists(target) && !Files.isRegularFile(target)) {
      throw new IOException(file + ": is not a regular file");
    }
    if (!Files.isDirectory(folder)) {
      throw new IOException(
          file
              + ": its folder "
              + folder
              + (Files.exists(folder) ? " is a file" : " does not exist"));
    }
    // Not createTempFile, whose files only their owner may read.
    Path temporary = folder.resolve(target.getFileName() + "." + UUID.randomUUID() + SUFFIX);
    LIVE.add(temporary);
    try {
      Leftovers.remove(target, LIVE);
      try (FileChannel channel =
          FileChannel.open(temporary, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW)) {
        keepPermissions(target, temporary);
        // Held until the file is written: a file that another process can lock was left behind.
        FileLock lock = lock(channel);
        content.write(channel);
        channel.force(true);
        if (lock != null) {
          lock.release();
        }
      }
      move(temporary, target);
      force(folder);
    } catch (IOException e) {
      throw new IOException(file + ": cannot be written: " + reason(e), e);
    } finally {
      Files.deleteIfExists(temporary);
      LIVE.remove(temporary);
    }
  }

  /** Gives the new file the permissions of the one it replaces, where the file system has any. */
  private static void keepPermissions(Path target, Path temporary) throws IOException {
    PosixFileAttributeView from = Files.getFileAttributeView(target, PosixFileAttributeView.class);
    PosixFileAttributeView to = Files.getFileAttributeView(temporary, PosixFileAttributeView.class);
    if (from != null && to != null && Files.exists(target)) {
      to.setPermissions(from.readAttributes().permissions());
    }
  }

  /** Returns null where the file system has no locks. */
  private static @Nullable FileLock lock(FileChannel channel) {
    try {
      return channel.tryLock();
    } catch (IOException e) {
      return null;
    }
  }

  /** Returns the target of symbolic links, which need not exist yet. */
  private static Path target(Path file) throws IOException {
    Path target = file.toAbsolutePath();
    for (int links = 0; Files.isSymbolicLink(target); links++) {
      if (links == MAX_LINKS) {
        throw new IOException(file + ": is a symbolic link that leads to itself");
      }
      target = target.resolveSibling(Files.readSymbolicLink(target));
    }
    return target;
  }

  /** Returns the reason of a failure without the name of the temporary file. */
  private static String reason(IOException e) {
    if (e instanceof AccessDeniedException) {
      return "access is denied";
    }
    String reason = e instanceof FileSystemException f ? f.getReason() : e.getMessage();
    return reason == null ? e.getClass().getSimpleName() : reason;
  }

  private static void move(Path from, Path to) throws IOException {
    try {
      Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (AtomicMoveNotSupportedException e) {
      Files.move(from, to, StandardCopyOption.REPLACE_EXISTING);
    }
  }

  /** Forces the new name to the disk, where folders can be opened. */
  private static void force(Path folder) {
    try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
      channel.force(true);
    } catch (IOException e) {
      // Windows does not open folders, and needs no such call.
    }
  }
}
