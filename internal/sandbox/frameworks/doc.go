// Package frameworks holds a test that runs real Telegram frameworks and Crypto Pay SDKs, from
// their registries, against the sandbox. Their versions are pinned in testdata: package-lock.json
// for npm, go.mod for Go, a module of its own that adds nothing to the program's.
package frameworks
