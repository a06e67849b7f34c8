package preflight

import (
	"errors"
	"fmt"
	"io"
	"strings"
)

// report writes one line for each finding.
type report struct {
	out                  io.Writer
	total, warned, fails int
	running              bool // the shop is running
}

func (r *report) ok(subject, format string, args ...any) {
	r.total++
	r.line("ok", subject, fmt.Sprintf(format, args...))
}

func (r *report) warn(subject, format string, args ...any) {
	r.total++
	r.warned++
	r.line("warn", subject, fmt.Sprintf(format, args...))
}

// fail writes a line for each error that err joins.
func (r *report) fail(subject string, err error) {
	for text := range strings.Lines(err.Error()) {
		r.total++
		r.fails++
		r.line("fail", subject, strings.TrimRight(text, "\n"))
	}
}

func (r *report) line(level, subject, text string) {
	_, _ = fmt.Fprintf(r.out, "%-4s  %-13s  %s\n", level, subject, text) // the exit code tells as well
}

func (r *report) verdict() error {
	if r.fails > 0 {
		return fmt.Errorf("%d of %d checks failed", r.fails, r.total)
	}
	if r.warned > 0 {
		warnings := "1 warning"
		if r.warned > 1 {
			warnings = fmt.Sprintf("%d warnings", r.warned)
		}
		_, err := fmt.Fprintf(r.out, "\n%s; see the %s above.\n", r.state("The shop can run"), warnings)
		return err
	}
	_, err := fmt.Fprintf(r.out, "\n%s.\n", r.state("The shop is ready to run"))
	return err
}

// state is the verdict on a shop: what is given, unless it is running already.
func (r *report) state(ready string) string {
	if r.running {
		return "The shop is running"
	}
	return ready
}

// withHint adds a remedy to an error.
func withHint(err error, remedy string) error {
	return errors.New(strings.TrimSuffix(err.Error(), ".") + "; " + remedy)
}
