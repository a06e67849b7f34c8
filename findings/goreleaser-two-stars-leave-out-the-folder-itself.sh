#!/usr/bin/env bash
# Expected: "docs/**/*" under files of an archive packs every file below docs, as ** does in a shell
#   with globstar, in .gitignore and in gulp: it stands for any number of folders, also none.
# Happens:  it stands for at least one. Files in docs itself are left out of the archive, and the
#   release succeeds without a word. "docs/**" packs all of them.
# Matters:  a release lacks its sample configuration or its guide, and nobody sees it before a user
#   unpacks it: the pattern matches something, so no warning comes either.
# github.com/goreleaser/goreleaser/v2 v2.15.4, 2026-11
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
export GOFLAGS='' GIT_AUTHOR_NAME=finding GIT_AUTHOR_EMAIL=finding@example.com
export GIT_COMMITTER_NAME=finding GIT_COMMITTER_EMAIL=finding@example.com
printf 'module example.com/tool\n\ngo 1.25\n' >go.mod
printf 'package main\n\nfunc main() {}\n' >main.go
printf 'dist\n' >.gitignore
mkdir -p docs/deeper
echo top >docs/top.md
echo below >docs/deeper/below.md
git init --quiet

# packed PATTERN lists the documents in the archive of a release with that pattern.
packed() {
  cat >.goreleaser.yaml <<YAML
version: 2
project_name: tool
builds: [{goos: [linux], goarch: [amd64]}]
archives: [{formats: [tar.gz], files: ["$1"]}]
YAML
  git add --all
  git commit --quiet --allow-empty --message="$1"
  go run github.com/goreleaser/goreleaser/v2@v2.15.4 release --snapshot --clean >release.log 2>&1 || {
    cat release.log >&2
    return 1
  }
  tar --list --gzip --file dist/tool_*_linux_amd64.tar.gz | grep '\.md$' | sort | paste -sd' '
}

stars=$(packed 'docs/**/*')
whole=$(packed 'docs/**')
echo "goreleaser v2.15.4"
echo "docs/**/*  packs: $stars"
echo "docs/**    packs: $whole"
echo "bash's docs/**/*: $(shopt -s globstar; printf '%s\n' docs/**/* | grep '\.md$' | sort | paste -sd' ')"
[ "$stars" = docs/deeper/below.md ] && [ "$whole" = "docs/deeper/below.md docs/top.md" ]
