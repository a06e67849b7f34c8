package bot

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

	"shopbot/internal/broadcast"
	"shopbot/internal/shop"
)

// broadcastsShown is how many broadcasts the list shows.
const broadcastsShown = 5

// broadcastButton is a button about broadcasts: "verb:argument:…".
func (b *Bot) broadcastButton(ctx context.Context, r *request) error {
	verb, rest, _ := strings.Cut(r.args, ":")
	b.audiences.hide(r.user.ID)
	switch verb {
	case "":
		return b.broadcastList(ctx, r)
	case "new":
		return b.newBroadcast(ctx, r)
	case "o", "pause", "go", "stop?", "stop":
		return b.turnBroadcast(ctx, r, verb, rest)
	}
	return b.draftButton(ctx, r, verb, rest)
}

// broadcastList is /broadcast: the one that runs, the latest ones, and the way to a new one.
func (b *Bot) broadcastList(ctx context.Context, r *request) error {
	latest, err := b.broadcasts.Latest(ctx, broadcastsShown)
	if err != nil {
		return err
	}
	d, err := b.draft(ctx, r.user.ID)
	if err != nil {
		return err
	}
	return b.show(ctx, r, broadcastsScreen(r.loc, latest, d != nil && !d.empty()))
}

// turnBroadcast shows one broadcast, after it was paused, resumed or stopped if the button says so.
func (b *Bot) turnBroadcast(ctx context.Context, r *request, verb, number string) error {
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil {
		return errStale
	}
	id := broadcast.ID(n)
	sent, err := b.broadcasts.Broadcast(ctx, id)
	if to := map[string]broadcast.State{
		"pause": broadcast.Paused, "go": broadcast.Running, "stop": broadcast.Stopped,
	}[verb]; err == nil && to != "" {
		sent, err = b.broadcasts.Turn(ctx, id, to, r.user.ID)
	}
	switch {
	case errors.Is(err, broadcast.ErrNotFound):
		return errStale
	case errors.Is(err, broadcast.ErrOver):
		r.toast = r.loc.Plain("broadcast_over")
		if sent, err = b.broadcasts.Broadcast(ctx, id); err != nil {
			return err
		}
	case err != nil:
		return err
	}
	if verb == "stop?" && !sent.Over() {
		if sent.Screen == r.at { // the counter must not take the place of the question
			if err := b.broadcasts.ShowAt(ctx, id, shop.MessageRef{}); err != nil {
				return err
			}
		}
		return b.show(ctx, r, stopScreen(r.loc, sent))
	}
	return b.showBroadcast(ctx, r, sent)
}

// showBroadcast shows how far a broadcast is. The message keeps up to date if it is that of who
// sent the broadcast.
func (b *Bot) showBroadcast(ctx context.Context, r *request, sent broadcast.Broadcast) error {
	ref, err := b.draw(ctx, r, broadcastScreen(r.loc, r.catalog, sent))
	if err != nil || sent.By != r.user.ID || sent.Over() || ref == sent.Screen {
		return err
	}
	return b.broadcasts.ShowAt(ctx, sent.ID, ref)
}

// startBroadcast is the last yes. A second press finds the broadcast of the first.
func (b *Bot) startBroadcast(ctx context.Context, r *request, rest string) error {
	act, counted, _ := strings.Cut(rest, ":")
	people, _ := quantity(counted)
	d, err := b.draft(ctx, r.user.ID)
	if err != nil {
		return err
	}
	if d == nil || d.Act != act {
		return b.showStarted(ctx, r, act)
	}
	sent, _, err := b.broadcasts.Start(ctx, broadcast.Broadcast{
		Act: act, By: r.user.ID, Message: d.Message, To: d.To, People: people,
	})
	switch {
	case errors.Is(err, broadcast.ErrBusy):
		r.warn("broadcast_busy")
		return b.broadcastList(ctx, r)
	case err != nil:
		return err
	}
	if err := b.dropDraft(ctx, r); err != nil {
		return err
	}
	return b.showBroadcast(ctx, r, sent)
}

// showStarted shows the broadcast that an act began.
func (b *Bot) showStarted(ctx context.Context, r *request, act string) error {
	latest, err := b.broadcasts.Latest(ctx, broadcastsShown)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(latest, func(x broadcast.Broadcast) bool { return x.Act == act })
	if i < 0 {
		return errStale
	}
	return b.showBroadcast(ctx, r, latest[i])
}

// offersButton leaves the list of those who get broadcasts, or joins it again. The broadcast under
// which it was pressed stays as it is.
func (b *Bot) offersButton(ctx context.Context, r *request) error {
	if r.args != "yes" && r.args != "no" {
		return errStale
	}
	if r.args == "no" {
		return b.stopOffers(ctx, r)
	}
	if err := b.setOffers(ctx, r, true); err != nil {
		return err
	}
	return b.reply(ctx, r, screen{Text: r.loc.Say("offers_on")})
}

// stopOffers is /stop: the person gets no more broadcasts.
func (b *Bot) stopOffers(ctx context.Context, r *request) error {
	if err := b.setOffers(ctx, r, false); err != nil {
		return err
	}
	return b.reply(ctx, r, screen{
		Text: r.loc.Say("offers_off"), Rows: [][]button{row(r.loc.button("offers_on", actOffers, "yes"))},
	})
}

func (b *Bot) setOffers(ctx context.Context, r *request, wanted bool) error {
	_, err := b.chat.memory.ChangePerson(ctx, r.user.ID, func(p *shop.Person) bool {
		changed := p.NoBroadcasts == wanted
		p.NoBroadcasts = !wanted
		return changed
	})
	return err
}
