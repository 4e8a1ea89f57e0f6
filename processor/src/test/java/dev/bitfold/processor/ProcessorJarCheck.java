package dev.bitfold.processor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.jar.JarFile;
import java.util.stream.Collectors;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The finished jar: runs after it is packaged. */
class ProcessorJarCheck {
  private static final Path JAR = Path.of(System.getProperty("processor.jar", "missing"));

  @Test
  void carriesItsRegistrationsAndNothingThatClashesWithTheUsers() throws IOException {
    try (JarFile jar = new JarFile(JAR.toFile())) {
      assertEquals(
          "dev.bitfold.processor.BitfoldProcessor",
          text(jar, "META-INF/services/javax.annotation.processing.Processor").strip());
      assertEquals(
          "dev.bitfold.processor.BitfoldProcessor,isolating",
          text(jar, "META-INF/gradle/incremental.annotation.processors").strip());
      assertEquals(
          "dev.bitfold.processor",
          jar.getManifest().getMainAttributes().getValue("Automatic-Module-Name"));
      List<String> strangers =
          jar.stream()
              .map(e -> e.getName())
              .filter(name -> name.endsWith(".class"))
              .filter(name -> !name.startsWith("dev/bitfold/processor/"))
              .toList();
      assertEquals(List.of(), strangers);
    }
  }

  @Test
  void pomHasNoDependencyForTheUser() throws IOException {
    String pom = Files.readString(Path.of("dependency-reduced-pom.xml"));
    String dependencies = pom.substring(pom.indexOf("<dependencies>"));
    long all = dependencies.split("<dependency>", -1).length - 1L;
    long harmless = dependencies.split("<scope>(provided|test)</scope>", -1).length - 1L;
    assertEquals(all, harmless, pom);
  }

  @Test
  void worksAloneOnTheProcessorPath(@TempDir Path folder) throws IOException {
    Path source = Files.createDirectories(folder.resolve("com/acme")).resolve("Scale.java");
    Files.writeString(
        source,
        """
        package com.acme;
        import dev.bitfold.annotations.*;
        import org.nd4j.linalg.api.ndarray.INDArray;
        @Int8Dynamic
        public class Scale {
          @Weight(layout = "OI") public final INDArray weight;
          public Scale(INDArray weight) { this.weight = weight; }
          public INDArray forward(@Input(layout = "...C") INDArray x) { return x.mul(weight); }
        }
        """);
    Path out = Files.createDirectories(folder.resolve("out"));
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    try (StandardJavaFileManager files =
        compiler.getStandardFileManager(null, null, StandardCharsets.UTF_8)) {
      StringWriter messages = new StringWriter();
      boolean success =
          compiler
              .getTask(
                  messages,
                  files,
                  null,
                  List.of(
                      "-d",
                      out.toString(),
                      "-cp",
                      usersClassPath(),
                      "-processorpath",
                      JAR.toString()),
                  null,
                  files.getJavaFileObjects(source))
              .call();
      assertTrue(success, messages.toString());
    }
    String generated = Files.readString(out.resolve("com/acme/QuantizedScale.java"));
    assertTrue(generated.contains("import dev.bitfold.descriptor.QuantDescriptor;"), generated);
  }

  /** What a user compiles against: everything here but the processor and its JavaPoet. */
  private static String usersClassPath() {
    String ownBuild = JAR.resolveSibling("").toAbsolutePath().toString();
    return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
        .filter(entry -> !entry.contains("javapoet") && !entry.startsWith(ownBuild))
        .collect(Collectors.joining(File.pathSeparator));
  }

  private static String text(JarFile jar, String entry) throws IOException {
    return new String(
        jar.getInputStream(jar.getEntry(entry)).readAllBytes(), StandardCharsets.UTF_8);
  }
}
