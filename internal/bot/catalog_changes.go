package bot

import (
	"strings"

	"shopbot/internal/catalog"
)

// maxChangeValue is how much of a text a change shows.
const maxChangeValue = 60

// maxShownChanges is how many changes of the catalog a message shows.
const maxShownChanges = 15

// maxFaultLines is how many faults of the catalog file a message shows.
const maxFaultLines = 8

// change says in one line what was changed in the catalog.
func (l localizer) change(c catalog.Change) markup {
	title := l.text(c.Title)
	switch c.Act {
	case catalog.Added, catalog.Removed:
		return l.say("change_"+string(c.Of)+"_"+string(c.Act), "Title", title, "ID", c.ID)
	case catalog.Moved:
		if c.After == "" {
			return l.say("change_moved_first", "Title", title)
		}
		return l.say("change_moved", "Title", title, "After", c.After)
	case catalog.Changed:
	}
	if c.Field == "hidden" {
		if c.After == "true" {
			return l.say("change_hidden", "Title", title)
		}
		return l.say("change_shown", "Title", title)
	}
	field := l.plain("change_field_" + c.Field)
	if c.Language != "" {
		field += " (" + c.Language + ")"
	}
	before, after := changeValue(c.Before), changeValue(c.After)
	switch {
	case c.Before == "":
		return l.say("change_set", "Title", title, "Field", field, "After", after)
	case c.After == "":
		return l.say("change_unset", "Title", title, "Field", field, "Before", before)
	}
	return l.say("change_value", "Title", title, "Field", field, "Before", before, "After", after)
}

// changeValue is a value on one line.
func changeValue(s string) string { return cleanText(s, maxChangeValue) }

// changes says what was changed, a line each, and how many more there are than most.
func (l localizer) changes(list []catalog.Change, most int) markup {
	var said []markup
	for _, c := range list[:min(len(list), most)] {
		said = append(said, "• "+l.change(c))
	}
	if more := len(list) - most; more > 0 {
		said = append(said, l.say("change_more", "Count", more))
	}
	return lines(said...)
}

// faultLines writes faults of the catalog file, which are in English.
func faultLines(list []string) markup {
	var written []string
	for _, fault := range list[:min(len(list), maxFaultLines)] {
		written = append(written, "<code>"+string(escape(clip(fault, maxAlarmDetail)))+"</code>")
	}
	return markup(strings.Join(written, "\n"))
}
