package main

import "flag"

// long asks for the long forms of the tests that have one: minutes instead of seconds.
var long = flag.Bool("long", false, "the long form of the tests that have one")
