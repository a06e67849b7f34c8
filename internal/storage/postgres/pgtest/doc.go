// Package pgtest gives tests a real PostgreSQL: a server of their own, started from Debian's
// packages, or the one that SHOPBOT_TEST_POSTGRES names.
//
// Without either, tests skip and say so, unless SHOPBOT_POSTGRES_TEST is "required". It works on
// Linux alone, like the tests that use it.
package pgtest
