package dev.bitfold.cluster;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.spark.SparkConf;
import org.apache.spark.launcher.JavaModuleOptions;

/** A master and workers on the loopback interface, each a process of its own. */
final class StandaloneCluster implements AutoCloseable {
  private static final String HOST = "127.0.0.1";
  private static final long START_SECONDS = 60;

  private final Path folder;
  private final int port;
  private final List<Process> processes = new ArrayList<>();
  private final List<Process> workers = new ArrayList<>();

  /** Starts a master and workers of one core each. */
  StandaloneCluster(Path folder, int count) throws IOException, InterruptedException {
    this.folder = folder;
    this.port = freePort();
    Files.createDirectories(folder.resolve("jars"));
    try {
      start(
          "master",
          "org.apache.spark.deploy.master.Master",
          List.of("--host", HOST, "--port", "" + port, "--webui-port", "0"));
      awaitMaster();
      for (int i = 0; i < count; i++) {
        List<String> arguments =
            List.of(
                "--host",
                HOST,
                "--webui-port",
                "0",
                "-c",
                "1",
                "-m",
                "1g",
                "-d",
                Files.createDirectories(folder.resolve("work" + i)).toString(),
                url());
        workers.add(start("worker" + i, "org.apache.spark.deploy.worker.Worker", arguments));
      }
    } catch (IOException | InterruptedException | RuntimeException e) {
      close();
      throw e;
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private String url() {
    return "spark://" + HOST + ":" + port;
  }

  private Process start(String name, String main, List<String> arguments) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("-Xmx256m");
    command.add("-XX:+UseSerialGC");
    command.addAll(List.of(JavaModuleOptions.defaultModuleOptionArray()));
    command.add("-Dorg.slf4j.simpleLogger.defaultLogLevel=warn");
    command.add(main);
    command.addAll(arguments);
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().putAll(environment());
    builder.redirectErrorStream(true);
    builder.redirectOutput(folder.resolve(name + ".log").toFile());
    Process process = builder.start();
    processes.add(process);
    return process;
  }

  /** Where Spark's own scripts find its jars; here, the class path has them. */
  private Map<String, String> environment() {
    return Map.of(
        "CLASSPATH",
        System.getProperty("java.class.path"),
        "SPARK_HOME",
        folder.toString(),
        "SPARK_SCALA_VERSION",
        "2.13",
        "SPARK_LOCAL_IP",
        HOST,
        "OMP_NUM_THREADS",
        "1");
  }

  private void awaitMaster() throws IOException, InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(START_SECONDS);
    while (true) {
      try {
        new Socket(InetAddress.getLoopbackAddress(), port).close();
        return;
      } catch (IOException e) {
        if (System.nanoTime() > deadline || !processes.get(0).isAlive()) {
          throw new IOException("no master: " + Files.readString(folder.resolve("master.log")), e);
        }
        TimeUnit.MILLISECONDS.sleep(100);
      }
    }
  }

  /** Returns the settings of an application on this cluster. */
  SparkConf conf() {
    return new SparkConf()
        .setMaster(url())
        .setAppName("bitfold")
        .set("spark.ui.enabled", "false")
        .set("spark.driver.bindAddress", HOST)
        .set("spark.driver.host", HOST)
        .set("spark.executor.memory", "600m")
        .set("spark.executor.cores", "1")
        .set("spark.executor.extraClassPath", System.getProperty("java.class.path"))
        .set("spark.executor.extraJavaOptions", "-XX:+UseSerialGC -XX:TieredStopAtLevel=1")
        .set("spark.executorEnv.OMP_NUM_THREADS", "1");
  }

  /** Returns the executors' processes. */
  List<ProcessHandle> executors() {
    return workers.stream().flatMap(Process::descendants).filter(ProcessHandle::isAlive).toList();
  }

  /** Kills a worker with its executor, as a machine that loses its power. */
  void kill(int worker) {
    Process process = workers.get(worker);
    List<ProcessHandle> own = process.descendants().toList();
    process.destroyForcibly();
    own.forEach(ProcessHandle::destroyForcibly);
  }

  @Override
  public void close() {
    for (Process process : processes) {
      List<ProcessHandle> own = process.descendants().toList();
      process.destroyForcibly();
      own.forEach(ProcessHandle::destroyForcibly);
    }
  }
}
