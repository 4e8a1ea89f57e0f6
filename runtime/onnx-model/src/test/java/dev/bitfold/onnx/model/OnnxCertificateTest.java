package dev.bitfold.onnx.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.Calibration;
import dev.bitfold.onnx.export.OnnxOptions;
import dev.bitfold.onnx.file.OnnxException;
import dev.bitfold.onnx.file.OnnxFile;
import dev.bitfold.onnx.file.OnnxWeights;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import onnx.Onnx.ModelProto;
import onnx.Onnx.StringStringEntryProto;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** A file that was found under a budget says so, and can be held against it. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class OnnxCertificateTest {
  private static final HeldOut HELD_OUT =
      new HeldOut("three others", PointsTest.batches(6).subList(3, 6));

  private Path floats = Path.of("");
  private Path quantized = Path.of("");
  private OnnxCertificate written;

  @BeforeAll
  void search(@TempDir Path folder) throws IOException {
    floats = folder.resolve("net.onnx");
    quantized = folder.resolve("net-int8.onnx");
    Files.write(floats, PointsTest.network().bytes());
    try (OnnxModel model = OnnxModel.from(floats).points().open()) {
      Calibration<OnnxModel> calibration = PointsTest.calibrated(model);
      OnnxBudget budget = OnnxBudget.snr(20).and(OnnxBudget.bytes(13_000));
      OnnxSearch found = OnnxModel.within(calibration, budget, HELD_OUT, progress -> {});
      found.export(quantized, OnnxOptions.DEFAULT);
      written = found.certificate();
    }
  }

  @AfterAll
  void close() throws IOException {
    Files.deleteIfExists(quantized);
  }

  @Test
  void fileSaysWhatWasMeasured() throws IOException {
    OnnxCertificate read = OnnxCertificate.of(quantized).orElseThrow();
    assertEquals(written, read);
    assertEquals("net.onnx", read.model());
    assertEquals("three others", read.data());
    assertEquals(OnnxBudget.parse("bytes<=13000,snr>=20"), read.budget());
    assertEquals(Files.size(quantized), read.measured().bytes());
    assertTrue(read.measured().decibels() >= 20);
    assertEquals(Optional.empty(), OnnxCertificate.of(floats));
  }

  @Test
  void sameDataGivesTheSameFigures() throws IOException {
    OnnxCertificate.Check check = OnnxCertificate.verify(quantized, floats, HELD_OUT);
    assertTrue(check.holds(), check::toString);
    assertTrue(check.sameData());
    assertEquals(written.measured().error(), check.measured().error());
    assertEquals(written.measured().cosine(), check.measured().cosine());
  }

  @Test
  void otherDataIsSaidAndMayNotHold() throws IOException {
    INDArray image = Objects.requireNonNull(HELD_OUT.batches().get(0).get("image"));
    HeldOut loud = new HeldOut("loud", List.of(Map.of("image", image.mul(1000))));
    OnnxCertificate.Check check = OnnxCertificate.verify(quantized, floats, loud);
    assertFalse(check.sameData());
    assertFalse(check.holds(), check::toString);
    assertTrue(check.toString().contains("does not hold"), check::toString);
    assertTrue(check.toString().contains("other data"), check::toString);
  }

  @Test
  void anotherFloatFileAndAFileWithoutCertificateAreRefused(@TempDir Path folder)
      throws IOException {
    Path other = folder.resolve("other.onnx");
    Files.write(other, PointsTest.network().weight("unused", 2).bytes());
    OnnxException refused =
        assertThrows(OnnxException.class, () -> OnnxCertificate.verify(quantized, other, HELD_OUT));
    assertTrue(refused.toString().contains("net.onnx"), refused.toString());
    assertThrows(OnnxException.class, () -> OnnxCertificate.verify(floats, floats, HELD_OUT));
  }

  @Test
  void dataWithoutAnInputIsRefused() {
    INDArray image = array(HELD_OUT.batches().get(0), "image");
    HeldOut named = new HeldOut("another name", List.of(Map.of("picture", image)));
    OnnxException refused =
        assertThrows(OnnxException.class, () -> OnnxCertificate.verify(quantized, floats, named));
    assertTrue(refused.toString().contains("every input of both files"), refused.toString());
  }

  @Test
  void damagedCertificateIsNamed(@TempDir Path folder) throws IOException {
    for (String text : List.of("{", "{}", written.json().replace("snr", "sound"))) {
      ModelProto model = OnnxWeights.open(floats).file().model();
      Path damaged = folder.resolve("damaged.onnx");
      OnnxFile.write(
          damaged,
          model.toBuilder()
              .addMetadataProps(
                  StringStringEntryProto.newBuilder().setKey(OnnxCertificate.KEY).setValue(text))
              .build()
              .toByteArray());
      OnnxException refused = assertThrows(OnnxException.class, () -> OnnxCertificate.of(damaged));
      assertTrue(refused.toString().contains("certificate that cannot be read"), text);
    }
  }

  @Test
  void sizeCountsTheCertificateItself() {
    for (long bytes : new long[] {0, 9, 995, 999_999_990}) {
      OnnxCertificate sized = written.within(bytes);
      long entry =
          ModelProto.newBuilder()
              .addMetadataProps(
                  StringStringEntryProto.newBuilder()
                      .setKey(OnnxCertificate.KEY)
                      .setValue(sized.json()))
              .build()
              .getSerializedSize();
      assertEquals(bytes + entry, sized.measured().bytes());
    }
  }

  @Test
  void hashIsThatOfNamesTypesShapesAndValues() {
    Map<String, INDArray> one = new LinkedHashMap<>();
    one.put("x", Nd4j.createFromArray(new float[][] {{1, 2}, {3, 4}}));
    one.put("mask", Nd4j.createFromArray(1L, 0L));
    one.put("on", Nd4j.createFromArray(true, false));
    Map<String, INDArray> reordered = new LinkedHashMap<>();
    List.of("on", "mask").forEach(name -> reordered.put(name, array(one, name).dup()));
    reordered.put("x", Nd4j.createFromArray(new float[][] {{1, 3}, {2, 4}}).transpose());
    assertEquals(hash(one), hash(reordered));
    Set<String> hashes = new HashSet<>(Set.of(hash(one)));
    assertTrue(hashes.add(hash(with(one, "x", array(one, "x").reshape(4)))));
    assertTrue(hashes.add(hash(with(one, "x", array(one, "x").add(1e-6)))));
    assertTrue(hashes.add(hash(with(one, "mask", array(one, "mask").castTo(DataType.INT32)))));
    assertTrue(hashes.add(hash(with(one, "on", array(one, "on").castTo(DataType.INT8)))));
    assertNotEquals(
        new HeldOut("", List.of(one)).hash(), new HeldOut("", List.of(one, one)).hash());
  }

  private static Map<String, INDArray> with(Map<String, INDArray> feed, String name, INDArray x) {
    Map<String, INDArray> other = new LinkedHashMap<>(feed);
    other.put(name, x);
    return other;
  }

  private static INDArray array(Map<String, INDArray> feed, String name) {
    return Objects.requireNonNull(feed.get(name));
  }

  private static String hash(Map<String, INDArray> batch) {
    return new HeldOut("", List.of(batch)).hash();
  }
}
