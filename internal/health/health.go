// Package health is what an examination of a shop found, in words for the terminal, for programs and
// for the owners' chat. Package preflight examines.
package health

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"shopbot/internal/localize"
)

// Level says how bad a finding is.
type Level string

// The levels.
const (
	OK   Level = "ok"
	Warn Level = "warn" // it works, but somebody should know
	Fail Level = "fail" // it does not work
)

// Finding is one thing that was examined. Level, Subject and Name are for programs, and keep their
// meaning.
type Finding struct {
	Level   Level  `json:"level"`
	Subject string `json:"subject"`        // such as "transfers"
	Name    string `json:"name,omitempty"` // of what is wrong, such as "transfers_off"; "" for what has no name
	Text    string `json:"text"`           // in English, with the remedy

	text  string // the name of its text; "" for none
	facts []any
}

// New returns the finding with a text of localize, which begins with "health_". facts are in pairs as
// for Localizer.Say, but times may be among them.
func New(english localize.Localizer, level Level, subject, text string, facts ...any) Finding {
	written := dated(facts, func(t time.Time) any { return t.UTC().Format(time.RFC3339) })
	return Finding{
		Level: level, Subject: subject, Name: strings.TrimPrefix(text, "health_"), Text: english.Plain(text, written...),
		text: text, facts: facts,
	}
}

// Say is the finding in the language of l: as it is in English if it has no text.
func (f Finding) Say(l localize.Localizer) localize.Markup {
	if f.text == "" {
		return localize.Escape(f.Text)
	}
	return l.Say(f.text, dated(f.facts, func(t time.Time) any { return l.Moment(t) })...)
}

// SaySubject is what the finding is about, in the language of l.
func (f Finding) SaySubject(l localize.Localizer) localize.Markup {
	return l.Say("health_subject_" + strings.ReplaceAll(f.Subject, " ", "_"))
}

// dated returns facts with their times written by write.
func dated(facts []any, write func(time.Time) any) []any {
	written := make([]any, len(facts))
	for i, fact := range facts {
		if t, ok := fact.(time.Time); ok {
			fact = write(t)
		}
		written[i] = fact
	}
	return written
}

// Report is a whole examination.
type Report struct {
	Running  bool      `json:"running"` // the shop is running
	Failed   int       `json:"failed"`
	Warned   int       `json:"warned"`
	Findings []Finding `json:"findings"` // in the order of the examination
}

// Add adds a finding.
func (r *Report) Add(f Finding) {
	r.Findings = append(r.Findings, f)
	switch f.Level {
	case Fail:
		r.Failed++
	case Warn:
		r.Warned++
	case OK:
	}
}

// Err is how many findings are failures; nil if none is.
func (r *Report) Err() error {
	if r.Failed == 0 {
		return nil
	}
	return fmt.Errorf("%d of %d checks failed", r.Failed, len(r.Findings))
}

// WriteLine writes a finding as a line for the terminal.
func (f Finding) WriteLine(out io.Writer) error {
	_, err := fmt.Fprintf(out, "%-4s  %-13s  %s\n", f.Level, f.Subject, f.Text)
	return err
}

// WriteVerdict writes the last line for the terminal. A report with failures has none: its error says
// it.
func (r *Report) WriteVerdict(out io.Writer) error {
	if r.Failed > 0 {
		return nil
	}
	state := "The shop is ready to run"
	switch {
	case r.Running:
		state = "The shop is running"
	case r.Warned > 0:
		state = "The shop can run"
	}
	switch r.Warned {
	case 0:
	case 1:
		state += "; see the 1 warning above"
	default:
		state += fmt.Sprintf("; see the %d warnings above", r.Warned)
	}
	_, err := fmt.Fprintf(out, "\n%s.\n", state)
	return err
}

// WriteJSON writes the report for programs.
func (r *Report) WriteJSON(out io.Writer) error {
	e := json.NewEncoder(out)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(r)
}
