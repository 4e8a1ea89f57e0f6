/** A module of the user's. */
module com.acme.modular {
  requires transitive dev.bitfold.runtime;
  requires transitive dev.bitfold.annotations;
  requires transitive nd4j.api;

  exports com.acme.modular;
}
