package dev.bitfold.processor.source;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.palantir.javapoet.ClassName;
import com.palantir.javapoet.JavaFile;
import com.palantir.javapoet.MethodSpec;
import com.palantir.javapoet.TypeSpec;
import java.io.IOException;
import java.lang.reflect.Method;
import java.net.URI;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import javax.lang.model.element.Modifier;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Checks that text that is written as a literal, laid out and compiled is the same text again. */
@Tag("any-jdk")
class LiteralsTest {
  @TempDir private Path folder = Path.of("");

  static Stream<String> texts() {
    StringBuilder all = new StringBuilder();
    for (char c = 0; c < Character.MAX_VALUE; c++) {
      all.append(c);
    }
    return Stream.of(
        "",
        "plain",
        "a\u2028b\u2029c\u0085d",
        "\\u0041 \\\\u0041 \" ' $L $$ $W /* */ // \r\n\t",
        "\ud800 lone, \ud83d\ude00 pair",
        all.toString(),
        "n".repeat(65_534),
        "n".repeat(65_535),
        "я".repeat(32_768),
        "\u0000".repeat(33_000));
  }

  @ParameterizedTest
  @MethodSource("texts")
  void theTextComesBack(String text) throws Exception {
    MethodSpec method =
        MethodSpec.methodBuilder("text")
            .addModifiers(Modifier.PUBLIC, Modifier.STATIC)
            .returns(ClassName.get(String.class))
            .addStatement("return $L", Literals.of(text))
            .build();
    TypeSpec type =
        TypeSpec.classBuilder("Holder").addModifiers(Modifier.PUBLIC).addMethod(method).build();
    String source = SourceText.of(JavaFile.builder("", type).build());
    assertTrue(source.chars().allMatch(c -> c == '\n' || (c >= ' ' && c <= '~')));
    assertTrue(source.lines().allMatch(line -> line.length() <= 100));
    assertEquals(text, compiled(source).invoke(null));
  }

  private Method compiled(String source) throws IOException, ReflectiveOperationException {
    JavaFileObject file =
        new SimpleJavaFileObject(URI.create("string:///Holder.java"), JavaFileObject.Kind.SOURCE) {
          @Override
          public CharSequence getCharContent(boolean ignoreEncodingErrors) {
            return source;
          }
        };
    List<String> options = List.of("-d", folder.toString(), "-proc:none", "-Xlint:all", "-Werror");
    assertTrue(
        ToolProvider.getSystemJavaCompiler()
            .getTask(null, null, null, options, null, List.of(file))
            .call());
    try (URLClassLoader loader = new URLClassLoader(new URL[] {folder.toUri().toURL()})) {
      return loader.loadClass("Holder").getMethod("text");
    }
  }
}
