package dev.bitfold.onnx.model;

import dev.bitfold.onnx.file.OnnxException;
import dev.bitfold.onnx.file.OnnxFile;
import dev.bitfold.onnx.file.OnnxWeights;
import dev.bitfold.onnx.model.budget.Pair;
import dev.bitfold.onnx.session.Session;
import dev.bitfold.onnx.session.SessionException;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestOutputStream;
import java.util.Collections;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import onnx.Onnx.ModelProto;
import onnx.Onnx.StringStringEntryProto;
import org.nd4j.shade.jackson.core.JsonProcessingException;
import org.nd4j.shade.jackson.databind.JsonNode;
import org.nd4j.shade.jackson.databind.ObjectMapper;
import org.nd4j.shade.jackson.databind.node.ObjectNode;

/**
 * What a quantized file says of itself in its {@code metadata_props}: the float file that it was
 * made of, what stays float, the budget, and what was measured, on which data. {@link #verify}
 * measures it again. Immutable.
 *
 * @param model the name of the float file
 * @param modelHash the SHA-256 of the float file's contents as ONNX writes them, with unique node
 *     names and without other files, in hexadecimal digits
 * @param data the data that the file was measured on, in words
 * @param dataHash the SHA-256 of names, types, shapes and values of the data
 * @param output the output that is judged
 * @param budget that was asked for
 * @param floats the paths of the layers and points that stay float
 * @param measured beside the float file
 * @param threads of ONNX Runtime's operators
 * @param machine where it was measured, in words
 */
public record OnnxCertificate(
    String model,
    String modelHash,
    String data,
    String dataHash,
    String output,
    OnnxBudget budget,
    Set<String> floats,
    OnnxFigures measured,
    int threads,
    String machine) {
  /** The name of the entry in a file's {@code metadata_props}; its value is JSON. */
  public static final String KEY = "bitfold.certificate";

  private static final ObjectMapper JSON = new ObjectMapper();

  /** Copies the paths, keeping their order. */
  public OnnxCertificate {
    floats = Collections.unmodifiableSet(new LinkedHashSet<>(floats));
  }

  /**
   * What a file is now.
   *
   * @param certificate what it says of itself
   * @param measured beside the float file
   * @param sameData whether it was measured on the data of the certificate
   * @param machine where it was measured, in words
   */
  public record Check(
      OnnxCertificate certificate, OnnxFigures measured, boolean sameData, String machine) {
    /** Returns whether the budget of the certificate is met. */
    public boolean holds() {
      return measured.meet(certificate.budget);
    }

    @Override
    public String toString() {
      return String.format(
          Locale.ROOT,
          "%s %s: %s%n  certified: %s, on %s (%s)%n  measured on %s data (%s)",
          certificate.budget,
          holds() ? "holds" : "does not hold",
          measured,
          certificate.measured,
          certificate.data,
          certificate.machine,
          sameData ? "the same" : "other",
          machine);
    }
  }

  /**
   * Reads the certificate of a file.
   *
   * @return empty if the file has none
   * @throws OnnxException if the file is no ONNX file, or its certificate cannot be read
   * @throws IOException if the file cannot be read
   */
  public static Optional<OnnxCertificate> of(Path file) throws IOException {
    OnnxFile read = OnnxWeights.open(file).file();
    return read.model().getMetadataPropsList().stream()
        .filter(entry -> entry.getKey().equals(KEY))
        .map(entry -> parse(read.name(), entry.getValue()))
        .findFirst();
  }

  /**
   * Runs a file beside the float file that it was made of, and holds it against its certificate.
   *
   * @param file with a certificate
   * @param floats the float file, whose contents are compared with those of the certificate
   * @param data to measure on; that of the certificate or other
   * @throws OnnxException if a file is no ONNX file, the first has no certificate or is of another
   *     float file, or ONNX Runtime does not take one or the data
   * @throws IOException if one cannot be read
   */
  public static Check verify(Path file, Path floats, HeldOut data) throws IOException {
    OnnxCertificate certificate =
        of(file).orElseThrow(() -> new OnnxException(file.toString(), "has no certificate"));
    OnnxFile before = OnnxWeights.open(floats).file();
    if (!hash(before).equals(certificate.modelHash)) {
      throw new OnnxException(
          floats.toString(),
          "is not the float file that "
              + file.getFileName()
              + " was made of, "
              + certificate.model
              + ": its contents have another SHA-256");
    }
    OnnxFile after = OnnxWeights.open(file).file();
    try (Pair pair = new Pair(before, certificate.output, data.batches(), certificate.threads)) {
      OnnxFigures measured = figures(pair.measure(after), Files.size(file));
      return new Check(
          certificate,
          measured,
          data.hash().equals(certificate.dataHash),
          machine(certificate.threads));
    } catch (SessionException e) {
      throw new OnnxException(
          file.toString(),
          "cannot be measured beside "
              + floats.getFileName()
              + ": "
              + e.getMessage()
              + "; the data needs every input of both files, also those that were bound",
          e);
    }
  }

  static OnnxFigures figures(Pair.Measured measured, long bytes) {
    return new OnnxFigures(
        measured.time(), measured.spread(), measured.error(), measured.cosine(), bytes);
  }

  static String machine(int threads) {
    return String.format(
        Locale.ROOT,
        "%s, %d processors, %d threads, ONNX Runtime %s",
        System.getProperty("os.arch"),
        Runtime.getRuntime().availableProcessors(),
        threads,
        Session.version());
  }

  /** Returns the SHA-256 of a file's contents, in hexadecimal digits. */
  static String hash(OnnxFile file) {
    DigestOutputStream out =
        new DigestOutputStream(OutputStream.nullOutputStream(), HeldOut.sha256());
    try {
      file.model().writeTo(out);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return HexFormat.of().formatHex(out.getMessageDigest().digest());
  }

  /** Returns the certificate of a file of this size, to which the certificate comes. */
  OnnxCertificate within(long bytes) {
    OnnxCertificate sized = withBytes(bytes);
    for (long before = -1; before != sized.measured.bytes(); ) {
      before = sized.measured.bytes();
      sized = withBytes(bytes + sized.entryBytes());
    }
    return sized;
  }

  /** Writes a file with this certificate, whole or not at all. */
  void write(OnnxFile file, Path out) throws IOException {
    ModelProto.Builder model = file.model().toBuilder();
    OnnxFile.write(out, model.addMetadataProps(entry()).build().toByteArray());
  }

  private StringStringEntryProto entry() {
    return StringStringEntryProto.newBuilder().setKey(KEY).setValue(json()).build();
  }

  private OnnxCertificate withBytes(long bytes) {
    OnnxFigures sized =
        new OnnxFigures(
            measured.time(), measured.spread(), measured.error(), measured.cosine(), bytes);
    return new OnnxCertificate(
        model, modelHash, data, dataHash, output, budget, floats, sized, threads, machine);
  }

  private long entryBytes() {
    return ModelProto.newBuilder().addMetadataProps(entry()).build().getSerializedSize();
  }

  /** Returns the certificate as JSON. */
  public String json() {
    ObjectNode root = JSON.createObjectNode();
    root.putObject("float").put("file", model).put("sha256", modelHash);
    root.putObject("data").put("description", data).put("sha256", dataHash);
    root.put("output", output).put("budget", budget.toString());
    root.putObject("measured")
        .put("time", measured.time())
        .put("spread", measured.spread())
        .put("error", measured.error())
        .put("cosine", measured.cosine())
        .put("bytes", measured.bytes());
    root.put("threads", threads).put("machine", machine);
    floats.forEach(root.putArray("staysFloat")::add);
    return root.toString();
  }

  private static OnnxCertificate parse(String file, String json) {
    try {
      JsonNode root = JSON.readTree(json);
      JsonNode figures = root.required("measured");
      Set<String> floats = new LinkedHashSet<>();
      root.required("staysFloat").forEach(path -> floats.add(path.asText()));
      return new OnnxCertificate(
          root.required("float").required("file").asText(),
          root.required("float").required("sha256").asText(),
          root.required("data").required("description").asText(),
          root.required("data").required("sha256").asText(),
          root.required("output").asText(),
          OnnxBudget.parse(root.required("budget").asText()),
          floats,
          new OnnxFigures(
              figures.required("time").asDouble(),
              figures.required("spread").asDouble(),
              figures.required("error").asDouble(),
              figures.required("cosine").asDouble(),
              figures.required("bytes").asLong()),
          root.required("threads").asInt(),
          root.required("machine").asText());
    } catch (JsonProcessingException | IllegalArgumentException e) {
      throw new OnnxException(file, "has a certificate that cannot be read: " + e.getMessage(), e);
    }
  }
}
