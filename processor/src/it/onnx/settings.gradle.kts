rootProject.name = "onnx"
