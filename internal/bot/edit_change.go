package bot

import (
	"context"
	"errors"
	"strconv"

	"shopbot/internal/catalog"
)

// changeCatalog makes one revision of the catalog and shows what is edited as it is then. asked is the form
// whose answer it is, nil for a button: it is asked again if nothing was changed.
func (b *Bot) changeCatalog(ctx context.Context, r *request, s subject, base int64, asked *editForm, edit func(*catalog.Draft) error) error {
	before := r.catalog.Revision
	revision, err := b.source.ChangeCatalog(ctx, r.user.ID, base, edit)
	r.catalog = b.shop.Catalog()
	if revision.Number <= before {
		revision = catalog.Revision{} // there was nothing to change
	}
	var conflict *catalog.ConflictError
	var fault catalog.Fault
	switch {
	case err == nil:
		return b.catalogChanged(ctx, r, s, asked, revision)
	case errors.Is(err, errEditedTaken) && asked != nil:
		return b.addedBefore(ctx, r, asked)
	case errors.Is(err, errEditedGone):
		return b.showGone(ctx, r)
	case errors.As(err, &conflict):
		if asked == nil && conflict.Newest.By == r.user.ID { // a quick second press
			return b.showSubject(ctx, r, s, "")
		}
		meanwhile := sections(r.loc.say("edit_moved", "By", b.editorName(ctx, r, conflict.Newest)), changesText(r.loc, r.catalog, conflict.Changes))
		if asked == nil {
			return b.showSubject(ctx, r, s, meanwhile)
		}
		asked.Base = r.catalog.Revision
		return b.askFor(ctx, r, asked, lines(meanwhile, r.loc.say("edit_send_again")))
	case errors.As(err, &fault):
		b.log.InfoContext(ctx, "catalog change refused", "user", r.user.ID, "error", err)
		if asked == nil {
			return b.showSubject(ctx, r, s, r.loc.say("edit_refused"))
		}
		return b.askFor(ctx, r, asked, r.loc.say("edit_refused"))
	}
	return err
}

// catalogChanged shows what a change has done, with the way back.
func (b *Bot) catalogChanged(ctx context.Context, r *request, s subject, asked *editForm, revision catalog.Revision) error {
	if asked != nil { // what comes again after a crash is known by the form
		done := *asked
		done.Subject, done.Field, done.New, done.Answers = s, "", false, nil
		if err := b.keepEditForm(ctx, r.user.ID, &done); err != nil {
			return err
		}
	}
	if revision.Number == 0 {
		return b.showSubject(ctx, r, s, r.loc.say("edit_same"))
	}
	note := lines(r.loc.say("edit_saved"), changesText(r.loc, r.catalog, revision.Changes))
	if asked != nil && asked.New {
		note = lines(note, r.loc.say("edit_next_"+s.Kind))
	}
	undo := data(actEdit, "u", itoa(revision.Number), s.Kind, s.Key)
	return b.showSubject(ctx, r, s, note, button{Text: r.loc.plain("button_edit_undo"), Data: undo})
}

// addedBefore tells a repeated answer, whose thing is there, from a key that somebody else has taken
// in between: then it is added under another.
func (b *Bot) addedBefore(ctx context.Context, r *request, asked *editForm) error {
	there, _ := asked.Subject.look(r.catalog)
	meant, _ := asked.draftOf(r.catalog)
	if there.title().In("") == meant.title().In("") {
		return b.catalogChanged(ctx, r, asked.Subject, asked, catalog.Revision{})
	}
	field, _ := editFieldOf(asked.Subject.Kind, asked.Field)
	return b.addNew(ctx, r, asked, field)
}

// undoChange is the button that takes a revision back: "number:kind:key", what it is drawn under.
func (b *Bot) undoChange(ctx context.Context, r *request, args []string) error {
	number, err := strconv.ParseInt(args[0], 10, 64)
	if err != nil || len(args) != 3 {
		return errStale
	}
	s := subject{args[1], args[2]}
	revision, err := b.source.UndoCatalog(ctx, r.user.ID, number)
	r.catalog = b.shop.Catalog()
	note := lines(r.loc.say("edit_undone"), changesText(r.loc, r.catalog, revision.Changes))
	var conflict *catalog.ConflictError
	var fault catalog.Fault
	switch {
	case errors.As(err, &conflict):
		note = sections(r.loc.say("edit_undo_moved", "By", b.editorName(ctx, r, conflict.Newest)), changesText(r.loc, r.catalog, conflict.Newest.Changes))
	case errors.Is(err, catalog.ErrNoRevision), errors.Is(err, catalog.ErrNothingToUndo):
		note = r.loc.say("edit_undo_gone")
	case errors.As(err, &fault):
		note = r.loc.say("edit_refused")
	case err != nil:
		return err
	}
	if _, found := s.look(r.catalog); !found {
		s = subject{}
	}
	return b.showSubject(ctx, r, s, note)
}

// historyShown is how many changes the history lists.
const historyShown = 6

// catalogHistory shows what was changed last, and by whom.
func (b *Bot) catalogHistory(ctx context.Context, r *request, _ []string) error {
	revisions, err := b.source.CatalogHistory(ctx, 0, historyShown)
	if err != nil {
		return err
	}
	by := make([]markup, 0, len(revisions))
	for _, revision := range revisions {
		by = append(by, b.editorName(ctx, r, revision))
	}
	return b.show(ctx, r, historyScreen(r.loc, r.catalog, revisions, by))
}

// editorName says who made a revision.
func (b *Bot) editorName(ctx context.Context, r *request, revision catalog.Revision) markup {
	switch {
	case revision.By == r.user.ID:
		return r.loc.say("edit_by_you")
	case revision.By != 0:
		if p, err := b.chat.memory.Person(ctx, revision.By); err == nil && p.Name != "" {
			return escape(p.Name)
		}
		return markup("<code>" + itoa(revision.By) + "</code>")
	case revision.Origin == catalog.FromFile:
		return r.loc.say("edit_by_file")
	}
	return r.loc.say("edit_by_command")
}

// historyScreen lists revisions, newest first, and who made each.
func historyScreen(l localizer, c *catalog.Catalog, revisions []catalog.Revision, by []markup) screen {
	parts := []markup{l.say("edit_history")}
	var rows [][]button
	for i, revision := range revisions {
		changes := changesText(l, c, revision.Changes)
		if revision.Number == 1 || changes == "" {
			changes = l.say("edit_first")
		}
		parts = append(parts, lines(l.say("edit_revision", "Number", itoa(revision.Number), "At", l.moment(revision.At), "By", by[i]), changes))
	}
	if len(revisions) > 1 { // the newest can be taken back, and then the one before it
		rows = append(rows, row(button{Text: l.plain("button_edit_undo"), Data: data(actEdit, "u", itoa(revisions[0].Number), "", "")}))
	}
	return screen{Text: sections(parts...), Rows: append(rows, row(l.button("edit_catalog", actEdit)))}
}

// changesShown is how many changes of one revision are said.
const changesShown = 4

// changesText says changes, a line each.
func changesText(l localizer, c *catalog.Catalog, changes []catalog.Change) markup {
	var said []markup
	for _, change := range changes[:min(len(changes), changesShown)] {
		said = append(said, changeText(l, c, change))
	}
	if more := len(changes) - changesShown; more > 0 {
		said = append(said, l.say("edit_changes_more", "Count", more))
	}
	return lines(said...)
}

// fieldNames maps: a field in the catalog file => in the editor.
//
//nolint:gochecknoglobals // a constant table
var fieldNames = map[string]string{
	"name": "name", "title": "title", "description": "about", "photo": "photo", "price": "price", "limit": "limit",
	"deliver": "way", "text": "text", "file": "file", "stock": "sep", "instructions": "howto", "category": "cat",
	"support": "support", "terms": "terms", "privacy": "privacy",
}

func changeText(l localizer, c *catalog.Catalog, change catalog.Change) markup {
	title := l.text(change.Title)
	if title == "" {
		title = change.ID
	}
	if change.Of == catalog.OfShop {
		title = l.plain("edit_the_shop")
	}
	switch {
	case change.Act != catalog.Changed:
		return l.say("edit_change_"+string(change.Act), "Title", title)
	case change.Field == "hidden" && change.After == "true":
		return l.say("edit_change_hidden", "Title", title)
	case change.Field == "hidden":
		return l.say("edit_change_shown", "Title", title)
	}
	field := change.Field
	if name, known := fieldNames[field]; known {
		field = l.plain("edit_field_" + name)
	}
	if change.Language != "" {
		field += " (" + change.Language + ")"
	}
	if change.Field == "photo" || change.Field == "file" { // names of files say nothing
		return l.say("edit_change_file", "Title", title, "Field", field)
	}
	return l.say("edit_change", "Title", title, "Field", field,
		"Before", changeValue(l, c, change.Field, change.Before), "After", changeValue(l, c, change.Field, change.After))
}

func changeValue(l localizer, c *catalog.Catalog, field, value string) string {
	switch {
	case value == "":
		return "–"
	case field == "deliver":
		return l.plain("edit_way_" + value)
	case field == "category":
		if e, found := (subject{editsCategory, value}).look(c); found {
			return l.text(e.title())
		}
	}
	return clip(cleanText(value, 80), 60)
}
