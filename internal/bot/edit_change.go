package bot

import (
	"context"
	"errors"
	"strconv"

	"shopbot/internal/catalog"
	"shopbot/internal/localize"
)

// changeCatalog makes one revision of the catalog and shows what is edited as it is then. asked is the
// form whose answer it is, nil for a button: it is asked again if nothing was changed.
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
		meanwhile := sections(r.loc.Say("edit_moved", "By", b.editorName(ctx, r, conflict.Newest)), r.loc.changes(conflict.Changes, changesShown))
		if asked == nil {
			return b.showSubject(ctx, r, s, meanwhile)
		}
		asked.Base = r.catalog.Revision
		return b.askFor(ctx, r, asked, lines(meanwhile, r.loc.Say("edit_send_again")))
	case errors.As(err, &fault), errors.Is(err, catalog.ErrNeedsCryptoPay):
		b.log.InfoContext(ctx, "catalog change refused", "user", r.user.ID, "error", err)
		said := b.refusedChange(r, err, edit)
		if asked == nil {
			return b.showSubject(ctx, r, s, said)
		}
		return b.askFor(ctx, r, asked, said)
	}
	return err
}

// refusedChange says why a change of the catalog was not made.
func (b *Bot) refusedChange(r *request, err error, edit func(*catalog.Draft) error) markup {
	if errors.Is(err, catalog.ErrNeedsCryptoPay) {
		return r.loc.Say("edit_bad_pay_crypto")
	}
	d := r.catalog.Draft()
	if edit(d) == nil {
		if fault := payFault(r.loc, d); fault != nil {
			return r.loc.Say(fault.text, fault.pairs...)
		}
	}
	return r.loc.Say("edit_refused")
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
		return b.showSubject(ctx, r, s, r.loc.Say("edit_same"))
	}
	note := lines(r.loc.Say("edit_saved"), r.loc.changes(revision.Changes, changesShown))
	if asked != nil && asked.New {
		note = lines(note, r.loc.Say("edit_next_"+s.Kind))
	}
	undo := data(actEdit, "u", itoa(revision.Number), s.Kind, s.Key)
	return b.showSubject(ctx, r, s, note, button{Text: r.loc.Plain("button_edit_undo"), Data: undo})
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
	note := lines(r.loc.Say("edit_undone"), r.loc.changes(revision.Changes, changesShown))
	var conflict *catalog.ConflictError
	var fault catalog.Fault
	switch {
	case errors.As(err, &conflict):
		note = sections(r.loc.Say("edit_undo_moved", "By", b.editorName(ctx, r, conflict.Newest)), r.loc.changes(conflict.Newest.Changes, changesShown))
	case errors.Is(err, catalog.ErrNoRevision), errors.Is(err, catalog.ErrNothingToUndo):
		note = r.loc.Say("edit_undo_gone")
	case errors.Is(err, catalog.ErrNeedsCryptoPay):
		note = r.loc.Say("edit_bad_pay_crypto")
	case errors.As(err, &fault):
		note = r.loc.Say("edit_refused")
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
	return b.show(ctx, r, historyScreen(r.loc, revisions, by))
}

// editorName says who made a revision.
func (b *Bot) editorName(ctx context.Context, r *request, revision catalog.Revision) markup {
	switch {
	case revision.By == r.user.ID:
		return r.loc.Say("edit_by_you")
	case revision.By != 0:
		if p, err := b.chat.memory.Person(ctx, revision.By); err == nil && p.Name != "" {
			return localize.Escape(p.Name)
		}
		return markup("<code>" + itoa(revision.By) + "</code>")
	case revision.Origin == catalog.FromFile:
		return r.loc.Say("edit_by_file")
	}
	return r.loc.Say("edit_by_command")
}

// historyScreen lists revisions, newest first, and who made each.
func historyScreen(l localizer, revisions []catalog.Revision, by []markup) screen {
	parts := []markup{l.Say("edit_history")}
	var rows [][]button
	for i, revision := range revisions {
		changes := l.changes(revision.Changes, changesShown)
		if revision.Number == 1 || changes == "" {
			changes = l.Say("edit_first")
		}
		parts = append(parts, lines(l.Say("edit_revision", "Number", itoa(revision.Number), "At", l.Moment(revision.At), "By", by[i]), changes))
	}
	if len(revisions) > 1 { // the newest can be taken back, and then the one before it
		rows = append(rows, row(button{Text: l.Plain("button_edit_undo"), Data: data(actEdit, "u", itoa(revisions[0].Number), "", "")}))
	}
	return screen{Text: sections(parts...), Rows: append(rows, row(l.button("edit_catalog", actEdit)))}
}

// changesShown is how many changes of one revision are said.
const changesShown = 4
