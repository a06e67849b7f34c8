package bot

import (
	"strings"

	"shopbot/internal/catalog"
	"shopbot/internal/localize"
)

// maxChangeValue is how much of a text a change shows.
const maxChangeValue = 60

// maxShownChanges is how many changes of the catalog a message shows.
const maxShownChanges = 15

// maxFaultLines is how many faults of the catalog file a message shows.
const maxFaultLines = 8

// change says in one line what was changed in the catalog.
func (l localizer) change(c catalog.Change) markup {
	title := l.Text(c.Title)
	switch c.Act {
	case catalog.Added, catalog.Removed:
		return l.Say("change_"+string(c.Of)+"_"+string(c.Act), "Title", title, "ID", c.ID)
	case catalog.Moved:
		if c.After == "" {
			return l.Say("change_moved_first", "Title", title)
		}
		return l.Say("change_moved", "Title", title, "After", c.After)
	case catalog.Changed:
	}
	if c.Field == "hidden" {
		if c.After == "true" {
			return l.Say("change_hidden", "Title", title)
		}
		return l.Say("change_shown", "Title", title)
	}
	field := l.Plain("change_field_" + c.Field)
	if c.Language != "" {
		field += " (" + c.Language + ")"
	}
	before, after := l.changeValue(c.Field, c.Before), l.changeValue(c.Field, c.After)
	switch {
	case strings.HasPrefix(c.Before, "chat/"), strings.HasPrefix(c.After, "chat/"): // sent in the chat: the name says nothing
		return l.Say("change_file", "Title", title, "Field", field)
	case c.Before == "":
		return l.Say("change_set", "Title", title, "Field", field, "After", after)
	case c.After == "":
		return l.Say("change_unset", "Title", title, "Field", field, "Before", before)
	}
	return l.Say("change_value", "Title", title, "Field", field, "Before", before, "After", after)
}

// changeValue is the value of a field on one line.
func (l localizer) changeValue(field, value string) string {
	if field == "deliver" && value != "" {
		return l.Plain("edit_way_" + value)
	}
	return cleanText(value, maxChangeValue)
}

// changes says what was changed, a line each, and how many more there are than most.
func (l localizer) changes(list []catalog.Change, most int) markup {
	var said []markup
	list = byLanguage(list)
	for _, c := range list[:min(len(list), most)] {
		said = append(said, "• "+l.change(c))
	}
	if more := len(list) - most; more > 0 {
		said = append(said, l.Say("change_more", "Count", more))
	}
	return lines(said...)
}

// byLanguage puts together what became of a text for all languages that is now one by language, or
// the other way round: what reads as before is no change, and nothing was taken out.
func byLanguage(list []catalog.Change) (said []catalog.Change) {
	type field struct {
		of        catalog.Section
		id, field string
	}
	plain := map[field]catalog.Change{}
	in := func(c catalog.Change) field { return field{c.Of, c.ID, c.Field} }
	split := map[field]bool{}
	for _, c := range list {
		if c.Act == catalog.Changed && c.Language == "" {
			plain[in(c)] = c
		}
		split[in(c)] = split[in(c)] || c.Language != ""
	}
	for _, c := range list {
		whole, found := plain[in(c)]
		switch {
		case !found || !split[in(c)]:
		case c.Language == "" && c.After == "":
			continue
		case c.Language == "":
		case whole.After != "": // said with the whole
			continue
		case c.Before == "":
			if c.Before = whole.Before; c.After == c.Before {
				continue
			}
		}
		said = append(said, c)
	}
	return said
}

// faultLines writes faults of the catalog file, which are in English.
func faultLines(list []string) markup {
	var written []string
	for _, fault := range list[:min(len(list), maxFaultLines)] {
		written = append(written, "<code>"+string(localize.Escape(clip(fault, maxAlarmDetail)))+"</code>")
	}
	return markup(strings.Join(written, "\n"))
}
