package dev.bitfold.processor;

import com.google.testing.compile.ForwardingStandardJavaFileManager;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import javax.lang.model.SourceVersion;
import javax.tools.DiagnosticListener;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileManager;
import javax.tools.JavaFileObject;
import javax.tools.StandardJavaFileManager;
import javax.tools.StandardLocation;
import javax.tools.ToolProvider;

/**
 * javac with one file manager for all compilations: the jars of the class path and the JDK's
 * modules are opened and listed once. Most compilations of the tests are a few lines, and would
 * spend half of their time there. What a compilation writes must be kept by another file manager
 * around it.
 */
final class SharedFiles implements JavaCompiler {
  static final JavaCompiler JAVAC = new SharedFiles(ToolProvider.getSystemJavaCompiler());

  private final JavaCompiler javac;
  private final StandardJavaFileManager files;

  private SharedFiles(JavaCompiler javac) {
    this.javac = javac;
    StandardJavaFileManager all =
        javac.getStandardFileManager(null, Locale.ROOT, StandardCharsets.UTF_8);
    try {
      all.setLocation(StandardLocation.CLASS_PATH, UsersClassPath.files());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    this.files = new Kept(all);
  }

  private record Listing(
      JavaFileManager.Location location, String name, Set<JavaFileObject.Kind> kinds) {}

  /** Neither closed nor pointed to other files by one of its users; what it listed, it knows. */
  private static final class Kept extends ForwardingStandardJavaFileManager {
    private final Map<Listing, List<JavaFileObject>> listings = new ConcurrentHashMap<>();

    Kept(StandardJavaFileManager files) {
      super(files);
    }

    @Override
    public Iterable<JavaFileObject> list(
        Location location, String name, Set<JavaFileObject.Kind> kinds, boolean recurse)
        throws IOException {
      if (recurse) {
        return super.list(location, name, kinds, true);
      }
      Listing listing = new Listing(location, name, Set.copyOf(kinds));
      List<JavaFileObject> known = listings.get(listing);
      if (known == null) {
        List<JavaFileObject> files = new ArrayList<>();
        super.list(location, name, kinds, false).forEach(files::add);
        known = List.copyOf(files);
        listings.put(listing, known);
      }
      return known;
    }

    @Override
    public void setLocation(Location location, Iterable<? extends File> path) {
      List<File> files = new ArrayList<>();
      path.forEach(files::add);
      if (location != StandardLocation.CLASS_PATH || !UsersClassPath.files().equals(files)) {
        throw new IllegalArgumentException(location + " is shared, and not " + files);
      }
    }

    @Override
    public void close() {}
  }

  @Override
  public StandardJavaFileManager getStandardFileManager(
      DiagnosticListener<? super JavaFileObject> diagnostics, Locale locale, Charset charset) {
    return files;
  }

  @Override
  public CompilationTask getTask(
      Writer out,
      JavaFileManager fileManager,
      DiagnosticListener<? super JavaFileObject> diagnostics,
      Iterable<String> options,
      Iterable<String> classes,
      Iterable<? extends JavaFileObject> units) {
    return javac.getTask(out, fileManager, diagnostics, options, classes, units);
  }

  @Override
  public int isSupportedOption(String option) {
    return javac.isSupportedOption(option);
  }

  @Override
  public int run(InputStream in, OutputStream out, OutputStream err, String... arguments) {
    return javac.run(in, out, err, arguments);
  }

  @Override
  public Set<SourceVersion> getSourceVersions() {
    return javac.getSourceVersions();
  }
}
