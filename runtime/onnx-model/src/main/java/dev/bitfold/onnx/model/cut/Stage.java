package dev.bitfold.onnx.model.cut;

import dev.bitfold.onnx.session.Session;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One step of a cut graph, ready to run.
 *
 * @param session of the nodes between the cuts; null if nothing stands there
 * @param calls the layers that run behind it
 * @param points the values that are quantized at its end
 * @param dead the values that nothing reads later
 */
record Stage(
    @Nullable Session session,
    List<Schedule.LayerCall> calls,
    List<FoundPoint> points,
    Set<String> dead) {}
