package com.acme;

/** A user's own class with a name of Bitfold's. */
public class ArrayHooks {}
