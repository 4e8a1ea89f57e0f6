package dev.bitfold.onnx.model.data;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.Optional;

/** The batches of a file with a JSON object in each line; blank lines are passed over. */
record JsonLines(Path file) implements Iterable<Feed> {
  @Override
  public Iterator<Feed> iterator() {
    return new Lines();
  }

  /** Opens the file for each line, so that nothing stays open where a loop is left. */
  private final class Lines implements Iterator<Feed> {
    private long offset;
    private int number;
    private Optional<byte[]> line = Optional.empty();

    @Override
    public boolean hasNext() {
      if (line.isEmpty()) {
        line = read();
      }
      return line.isPresent();
    }

    @Override
    public Feed next() {
      if (!hasNext()) {
        throw new NoSuchElementException();
      }
      byte[] bytes = line.orElseThrow();
      line = Optional.empty();
      return JsonFeed.read(file + ", line " + number, bytes).checked();
    }

    private Optional<byte[]> read() {
      try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ).position(offset);
          InputStream in = new BufferedInputStream(Channels.newInputStream(channel), 1 << 16)) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        boolean blank = true;
        for (int b = in.read(); b >= 0; b = in.read()) {
          offset++;
          if (b == '\n') {
            number++;
            if (!blank) {
              return Optional.of(bytes.toByteArray());
            }
            bytes.reset();
          } else {
            blank &= b == ' ' || b == '\t' || b == '\r';
            bytes.write(b);
          }
        }
        number++;
        return blank ? Optional.empty() : Optional.of(bytes.toByteArray());
      } catch (IOException e) {
        throw new UncheckedIOException(file + ": " + e.getMessage(), e);
      }
    }
  }
}
