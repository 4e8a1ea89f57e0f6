package dev.bitfold.onnx.model.prepare;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.bitfold.descriptor.BitfoldException;
import dev.bitfold.onnx.file.OnnxWeights;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Every model of a folder is prepared and proved, or refused with a reason. Without a system
 * property {@code bitfold.foreign}, the folder is that of Debian's package libonnx-testdata.
 */
@Tag("slow")
@Tag("any-jdk")
class ForeignModelsTest {
  private static final Path FOLDER =
      Path.of(System.getProperty("bitfold.foreign", "/usr/share/libonnx-testdata/data"));

  @Test
  void isPreparedOrRefusedWithAReason() throws Exception {
    assumeTrue(
        Files.isDirectory(FOLDER), FOLDER + " is not there; apt-get install libonnx-testdata");
    List<Path> files;
    try (Stream<Path> all = Files.walk(FOLDER)) {
      files = all.filter(file -> file.toString().endsWith(".onnx")).sorted().toList();
    }
    Map<String, Integer> counts = new TreeMap<>();
    List<String> crashes = new ArrayList<>();
    for (Path file : files) {
      String name = FOLDER.relativize(file).toString();
      String found;
      try {
        PrepareReport report = Preparation.of(OnnxWeights.open(file).file(), Map.of()).report();
        found = "prepared, " + report.proof().replaceAll(":.*", "");
        for (PrepareReport.Pass pass : report.passes()) {
          if (pass.what().startsWith("left out")) {
            found = "prepared with a pass left out";
          }
        }
        if (Boolean.getBoolean("bitfold.foreign.print")) {
          System.out.println("@ " + name + ": " + report);
        }
      } catch (BitfoldException e) {
        found = "refused";
        System.out.println("@ " + name + " refused: " + e.toString().replace(file.toString(), ""));
      } catch (RuntimeException | Error e) {
        StringWriter trace = new StringWriter();
        e.printStackTrace(new PrintWriter(trace));
        crashes.add(name + ": " + trace);
        found = "crashed";
      }
      counts.merge(found, 1, Integer::sum);
    }
    System.out.println("@@ " + files.size() + " models: " + counts);
    assertEquals(List.of(), crashes);
  }
}
