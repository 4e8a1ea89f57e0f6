package dev.bitfold.storage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Checks the contents of a folder after files were written, or could not be written. */
class AtomicFileTest {
  private static final String ID = "0a1b2c3d-0000-4000-8000-00000000000f";

  @TempDir
  @SuppressWarnings("NullAway.Init") // JUnit sets it
  Path folder;

  private static void write(Path file, String text) throws IOException {
    AtomicFile.write(
        file, channel -> channel.write(ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8))));
  }

  private List<String> names() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(path -> path.getFileName().toString()).sorted().toList();
    }
  }

  private Path leftover(String name, Instant modified) throws IOException {
    Path file = Files.writeString(folder.resolve(name), "half");
    return Files.setLastModifiedTime(file, FileTime.from(modified));
  }

  @Test
  void aFailureLeavesTheOldFileAndNothingElse() throws IOException {
    Path file = folder.resolve("a.txt");
    write(file, "old");

    IOException e =
        assertThrows(
            IOException.class,
            () ->
                AtomicFile.write(
                    file,
                    channel -> {
                      channel.write(ByteBuffer.wrap(new byte[10]));
                      throw new IOException("the disk is full");
                    }));

    assertEquals(file + ": cannot be written: the disk is full", e.getMessage());
    assertEquals("old", Files.readString(file));
    assertEquals(List.of("a.txt"), names());
  }

  @Test
  void aFileThatIsReplacedKeepsItsPermissions() throws IOException {
    assumeTrue(FileSystems.getDefault().supportedFileAttributeViews().contains("posix"));
    Path file = folder.resolve("secret.txt");
    write(file, "old");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));

    AtomicFile.write(
        file,
        channel -> {
          channel.write(ByteBuffer.wrap(new byte[] {'n', 'e', 'w'}));
          // Nobody else may read the new contents while they are written either.
          try (Stream<Path> files = Files.list(folder)) {
            for (Path each : files.toList()) {
              assertEquals(
                  "rw-------",
                  PosixFilePermissions.toString(Files.getPosixFilePermissions(each)),
                  each.toString());
            }
          }
        });

    assertEquals("new", Files.readString(file));
    assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
  }

  @Test
  void whatAKilledProcessLeftIsDeletedByTheNextSave() throws IOException {
    Path file = folder.resolve("a.txt");
    Instant old = Instant.now().minusSeconds(3600);
    leftover("a.txt." + ID + ".tmp", old);
    leftover("b.txt." + ID + ".tmp", old);
    leftover("a.txt.notes.tmp", old);

    write(file, "new");

    assertEquals(
        List.of("a.txt", "a.txt.notes.tmp", "b.txt." + ID + ".tmp"),
        names(),
        "only temporary files of this target are its own");
  }

  @Test
  void whatAnotherSaveIsStillWritingStays() throws IOException {
    Path file = folder.resolve("a.txt");
    Path young = leftover("a.txt." + ID + ".tmp", Instant.now());
    String locked = "a.txt." + ID.replace('0', '1') + ".tmp";
    Path held = leftover(locked, Instant.now().minusSeconds(3600));

    try (FileChannel channel = FileChannel.open(held, StandardOpenOption.WRITE);
        FileLock lock = channel.lock()) {
      assertTrue(lock.isValid());
      write(file, "new");
    }

    assertTrue(Files.exists(young));
    assertTrue(Files.exists(held));
  }

  /** By the lock, other processes tell it from what a killed one has left. */
  @Test
  void whatIsBeingWrittenIsLocked() throws IOException {
    Path file = folder.resolve("a.txt");
    AtomicFile.write(
        file,
        channel -> {
          Path temporary = folder.resolve(names().get(0));
          try (FileChannel other = FileChannel.open(temporary, StandardOpenOption.WRITE)) {
            assertThrows(OverlappingFileLockException.class, other::tryLock);
          }
        });
    assertEquals(List.of("a.txt"), names());
  }

  @Test
  void linksAreFollowedToTheirEnd() throws IOException {
    Path end = folder.resolve("end.txt");
    Path before = Files.createSymbolicLink(folder.resolve("before"), end.getFileName());
    Path first = Files.createSymbolicLink(folder.resolve("first"), before.getFileName());

    write(first, "new");

    assertEquals("new", Files.readString(end));
    assertTrue(Files.isSymbolicLink(first) && Files.isSymbolicLink(before));
    Path loop = folder.resolve("loop");
    Files.createSymbolicLink(loop, loop.getFileName());
    refused(loop, "is a symbolic link that leads to itself");
  }

  private void refused(Path file, String why) throws IOException {
    List<String> before = names();
    IOException e = assertThrows(IOException.class, () -> write(file, "new"));
    assertEquals(file + ": " + why, e.getMessage());
    assertEquals(before, names());
  }

  @Test
  void placesWhereNoFileCanBeAreRefused() throws IOException {
    Path file = Files.writeString(folder.resolve("a.txt"), "old");
    Path missing = folder.resolve("missing");
    refused(folder, "is a folder");
    refused(missing.resolve("b"), "its folder " + missing + " does not exist");
    refused(file.resolve("b"), "its folder " + file + " is a file");
    assertEquals("old", Files.readString(file));
  }

  @Test
  void aReasonIsToldEvenIfTheExceptionHasNone() {
    Path file = folder.resolve("a.txt");
    IOException e =
        assertThrows(
            IOException.class,
            () ->
                AtomicFile.write(
                    file,
                    channel -> {
                      throw new EOFException();
                    }));
    assertEquals(file + ": cannot be written: EOFException", e.getMessage());
    IOException denied =
        assertThrows(
            IOException.class,
            () ->
                AtomicFile.write(
                    file,
                    channel -> {
                      throw new AccessDeniedException("somewhere");
                    }));
    assertEquals(file + ": cannot be written: access is denied", denied.getMessage());
  }
}
