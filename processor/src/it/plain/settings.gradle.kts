rootProject.name = "plain"
