package dev.bitfold.onnx.model.cut;

import dev.bitfold.onnx.file.OnnxException;
import dev.bitfold.onnx.session.Session;
import dev.bitfold.onnx.session.SessionException;
import dev.bitfold.onnx.session.Settings;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import onnx.Onnx.ModelProto;
import org.nd4j.shade.protobuf.ByteString;

/**
 * The sessions of one model and of all that are rebuilt of it; equal graphs share one. Safe for
 * concurrent use: closing waits for what runs.
 */
final class Sessions implements AutoCloseable {
  private final String file;
  private final int threads;
  private final Map<ByteString, Session> byModel = new HashMap<>();
  private final List<Session> all = new ArrayList<>();
  private final ReadWriteLock lock = new ReentrantReadWriteLock();
  private boolean closed;

  /**
   * Makes an empty pool.
   *
   * @param file begins messages
   * @param threads of each session
   */
  Sessions(String file, int threads) {
    this.file = file;
    this.threads = threads;
  }

  String file() {
    return file;
  }

  /** Returns a session of its own for a graph. */
  Session open(ModelProto model, String what) {
    return open(model, what, true);
  }

  /** As {@link #open(ModelProto, String)}, with ONNX Runtime's optimizer or without. */
  Session open(ModelProto model, String what, boolean optimized) {
    Settings.Optimizer optimizer = optimized ? Settings.Optimizer.ALL : Settings.Optimizer.OFF;
    try {
      Session session = Session.open(model, Settings.DEFAULT.withThreads(threads).with(optimizer));
      all.add(session);
      return session;
    } catch (SessionException e) {
      throw new OnnxException(
          file, "ONNX Runtime does not take " + what + ": " + e.getMessage(), e);
    }
  }

  /** Returns the session of a graph, which equal ones share. */
  Session shared(ModelProto model, String what) {
    ByteString key = model.toByteString();
    Session known = byModel.get(key);
    if (known == null) {
      known = open(model, what);
      byModel.put(key, known);
    }
    return known;
  }

  /** Begins a use of the sessions, which {@link #leave} ends. */
  void enter() {
    lock.readLock().lock();
    if (closed) {
      lock.readLock().unlock();
      throw new OnnxException(
          file, "the model was closed; open it anew, and close it when its last use has ended");
    }
  }

  void leave() {
    lock.readLock().unlock();
  }

  @Override
  public void close() {
    lock.writeLock().lock();
    try {
      if (closed) {
        return;
      }
      closed = true;
      all.forEach(Session::close);
    } finally {
      lock.writeLock().unlock();
    }
  }
}
