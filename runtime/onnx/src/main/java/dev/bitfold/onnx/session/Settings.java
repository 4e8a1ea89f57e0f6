package dev.bitfold.onnx.session;

import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Describes how a session is opened. No session logs, and none keeps a core busy while it waits.
 *
 * @param optimizer what ONNX Runtime's optimizer may do
 * @param threads of an operator; 0 leaves the number to ONNX Runtime
 * @param entries of the session's configuration
 * @param optimized where the optimized model is written, if anywhere
 */
public record Settings(
    Optimizer optimizer, int threads, Map<String, String> entries, Optional<Path> optimized) {
  /** What ONNX Runtime's optimizer may do. */
  public enum Optimizer {
    /** Nothing. */
    OFF,
    /** What gives the same graph for every device. */
    BASIC,
    /** Everything, as in a user's session. */
    ALL
  }

  /** The settings of a user's session. */
  public static final Settings DEFAULT = new Settings(Optimizer.ALL, 0, Map.of(), Optional.empty());

  /** Copies the entries, and keeps their order. */
  public Settings {
    entries = Collections.unmodifiableMap(new LinkedHashMap<>(entries));
  }

  public Settings with(Optimizer changed) {
    return new Settings(changed, threads, entries, optimized);
  }

  public Settings withThreads(int changed) {
    return new Settings(optimizer, changed, entries, optimized);
  }

  /** Adds entries of the session's configuration. */
  public Settings with(Map<String, String> more) {
    Map<String, String> all = new LinkedHashMap<>(entries);
    all.putAll(more);
    return new Settings(optimizer, threads, all, optimized);
  }

  public Settings writing(Path file) {
    return new Settings(optimizer, threads, entries, Optional.of(file));
  }

  /** Makes the options of ONNX Runtime, which the caller closes. */
  OrtSession.SessionOptions options() throws OrtException {
    OrtSession.SessionOptions options = new OrtSession.SessionOptions();
    try {
      options.setOptimizationLevel(
          switch (optimizer) {
            case OFF -> OrtSession.SessionOptions.OptLevel.NO_OPT;
            case BASIC -> OrtSession.SessionOptions.OptLevel.BASIC_OPT;
            case ALL -> OrtSession.SessionOptions.OptLevel.ALL_OPT;
          });
      options.setSessionLogLevel(OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL);
      options.addConfigEntry("session.intra_op.allow_spinning", "0");
      if (threads > 0) {
        options.setIntraOpNumThreads(threads);
      }
      for (Map.Entry<String, String> entry : entries.entrySet()) {
        options.addConfigEntry(entry.getKey(), entry.getValue());
      }
      if (optimized.isPresent()) {
        options.setOptimizedModelFilePath(optimized.get().toString());
      }
      return options;
    } catch (OrtException | RuntimeException e) {
      options.close();
      throw e;
    }
  }
}
