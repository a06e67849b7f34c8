package config

import (
	"flag"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"shopbot/internal/docstest"
	"shopbot/internal/payments"
)

var update = flag.Bool("update", false, "write docs/configuration.md anew")

const (
	referencePage  = "../../docs/configuration.md"
	referenceBegin = "<!-- settings: go test ./internal/config -run TestTheReferenceOfSettings -update -->\n"
	referenceEnd   = "<!-- end of settings -->\n"
)

func TestTheReferenceOfSettingsIsTheCodes(t *testing.T) {
	var written strings.Builder
	var told []string
	for _, section := range Reference() {
		fmt.Fprintf(&written, "\n## %s\n\n| `SHOPBOT_…` | takes | default | meaning |\n| --- | --- | --- | --- |\n", section.Title)
		for _, s := range section.Settings {
			told = append(told, s.Variable())
			fmt.Fprintf(&written, "| `%s` | %s | %s | %s |\n", s.Name, takes(t, s), shownDefault(s), s.Meaning)
		}
	}
	require.ElementsMatch(t, variableNames(), told, "every field of Config is told of once in reference.go, and nothing else is")
	written.WriteString("\n")
	docstest.RequirePart(t, referencePage, referenceBegin, referenceEnd, written.String(), *update)
}

// takes says what a variable may be set to, with the limits and words that a wrong value is told.
func takes(t *testing.T, s Setting) string {
	t.Helper()
	form, known := map[reflect.Type]string{
		reflect.TypeFor[payments.Secret]():  "secret",
		reflect.TypeFor[Duration]():         "time" + advice(s, "100000h", ` from (\S+) to (\S+)$`, ", ", " to "),
		reflect.TypeFor[Count]():            "whole number",
		reflect.TypeFor[PositiveFloat]():    "number above 0",
		reflect.TypeFor[UserIDs]():          "list of numbers",
		reflect.TypeFor[Statuses]():         "list of numbers, 400 to 599",
		reflect.TypeFor[Networks]():         "list of addresses and networks",
		reflect.TypeFor[Recipients]():       "list of keys",
		reflect.TypeFor[Database]():         "file",
		reflect.TypeFor[string]():           formOfText(s.Name),
		reflect.TypeFor[Switch]():           advice(s, "x", `neither (\w+) nor (\w+)$`, "", ", "),
		reflect.TypeFor[LogLevel]():         advice(s, "x", `write (\w+), (\w+), (\w+) or (\w+)$`, "", ", "),
		reflect.TypeFor[LogFormat]():        advice(s, "x", `write (\w+) or (\w+)$`, "", ", "),
		reflect.TypeFor[TLSMode]():          advice(s, "x", `write (\w+), (\w+) or (\w+)$`, "", ", "),
		reflect.TypeFor[payments.Network](): advice(s, "x", `write (\w+) or (\w+)$`, "", ", "),
	}[s.field().Type]
	require.True(t, known && form != "", "the reference has no words for what %s takes", s.Name)
	if slices.Contains(secretNames(), s.Variable()) {
		form += ", also as `…_FILE`"
	}
	return form
}

func formOfText(name string) string {
	switch {
	case name == "CATALOG", name == "TLS_CERT", name == "TLS_KEY", name == "SOCKET":
		return "file"
	case name == "TEXTS", name == "TLS_CACHE":
		return "directory"
	case strings.HasSuffix(name, "URL"), strings.HasSuffix(name, "ENDPOINT"):
		return "address"
	case strings.HasSuffix(name, "LISTEN"):
		return "`HOST:PORT`"
	case strings.HasSuffix(name, "PATH"):
		return "path"
	}
	return "text"
}

// advice is what the error about a wrong value says would be right, as code with words between; ""
// if there is no such error.
func advice(s Setting, wrong, pattern, first, between string) string {
	_, err := Load(complete(s.Variable()+"="+wrong), "")
	if err == nil {
		return ""
	}
	parts := regexp.MustCompile("(?m)^" + s.Variable() + ": .*" + pattern).FindStringSubmatch(err.Error())
	if parts == nil {
		return ""
	}
	return first + "`" + strings.Join(parts[1:], "`"+between+"`") + "`"
}

func shownDefault(s Setting) string {
	switch def := s.Default(); {
	case def != "":
		return "`" + def + "`"
	case s.Unset != "":
		return s.Unset
	}
	return "empty"
}

func TestEverySecretMayComeAsAFile(t *testing.T) {
	for _, section := range Reference() {
		for _, s := range section.Settings {
			if s.field().Type == reflect.TypeFor[payments.Secret]() {
				require.Contains(t, secretNames(), s.Variable())
			}
		}
	}
}

func TestTheMeaningOfASettingIsPlainOnATerminal(t *testing.T) {
	s := Setting{Meaning: "the [`catalog`](catalog.md#x) file, see [there](a.md); `off`: none"}
	require.Equal(t, "the catalog file, see there; off: none", s.Plain())
	for _, section := range Reference() {
		for _, s := range section.Settings {
			require.NotContains(t, s.Plain(), ".md", s.Name)
			require.NotContains(t, s.Plain(), "](", s.Name)
		}
	}
}
