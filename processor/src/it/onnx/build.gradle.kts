// The same project for Gradle 7.6 or later: a template, which Bitfold's own build does not run.
plugins {
    java
}

repositories {
    mavenLocal() // until Bitfold is published
    mavenCentral()
}

java {
    toolchain { languageVersion = JavaLanguageVersion.of(17) }
}

dependencies {
    implementation("dev.bitfold:bitfold-onnx-model:0.1.0-SNAPSHOT")
    implementation("com.microsoft.onnxruntime:onnxruntime:1.29.0")
    annotationProcessor("dev.bitfold:bitfold-processor:0.1.0-SNAPSHOT")
    runtimeOnly("org.nd4j:nd4j-native-platform:1.0.0-M2.1")

    testImplementation("org.junit.jupiter:junit-jupiter:5.14.4")
    testRuntimeOnly("org.junit.platform:junit-platform-launcher")
}

tasks.compileJava {
    // Gradle copies resources where javac does not look; as an input, a changed file compiles again.
    val models = layout.projectDirectory.dir("src/main/resources")
    inputs.dir(models)
    options.compilerArgs.add("-Abitfold.onnx=$models")
}

tasks.test {
    useJUnitPlatform()
}
